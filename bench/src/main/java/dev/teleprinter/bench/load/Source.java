// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where a run's events come from. Confined to the event loop, but for what returns a future. */
interface Source {
  /** Makes ready to publish to these topics. Called when all readers are there. */
  CompletableFuture<Void> connect(Hub hub, List<String> topics);

  /** Begins to publish. */
  void start();

  /** Stops publishing. What is on its way arrives. */
  void stop();

  /** {@return events published so far} */
  long published();

  /** {@return how many deliveries these make, to all readers together; -1 when nobody knows} */
  long deliveriesExpected();

  /** Disconnects. */
  void close();
}
