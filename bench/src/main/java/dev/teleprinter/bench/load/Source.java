// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Where a run's events come from. Confined to the event loop, but for what returns a future. */
public interface Source {
  /** Makes ready to publish to these topics. Called when all readers are there. */
  CompletableFuture<Void> connect(Hub hub, List<String> topics);

  /** Publishes nothing: what readers get, if anything, is the server's own doing. */
  Source NONE =
      new Source() {
        @Override
        public CompletableFuture<Void> connect(Hub hub, List<String> topics) {
          return CompletableFuture.completedFuture(null);
        }

        @Override
        public void start() {}

        @Override
        public void stop() {}

        @Override
        public long published() {
          return 0;
        }

        @Override
        public long deliveriesExpected() {
          return 0;
        }

        @Override
        public void close() {}
      };

  /** Begins to publish. */
  void start();

  /** Stops publishing. What is on its way arrives. */
  void stop();

  /** {@return events published so far} */
  long published();

  /** {@return how many deliveries these make, to all readers together} */
  long deliveriesExpected();

  /** How late events leave here goes into this from now on; null for none. */
  default void record(@Nullable Histogram into) {}

  /** Disconnects. */
  void close();
}
