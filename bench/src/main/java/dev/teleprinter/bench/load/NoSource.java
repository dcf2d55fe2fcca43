// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Publishes nothing: what the readers get, if anything, is the server's own doing. Immutable. */
final class NoSource implements Source {
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
    return -1;
  }

  @Override
  public void close() {}
}
