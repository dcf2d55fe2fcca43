// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Delays;
import java.util.HashMap;
import java.util.Map;

/** What delivery on one loop did since the start. Confined to the loop. */
final class LoopFigures {
  private final Delays passes = new Delays();
  private final Map<String, Long> ended = new HashMap<>();
  private long resumed;
  private long deliveries;
  private long deliveredBytes;

  /** A batch of events was handed to a subscriber. */
  void delivered(int bytes) {
    deliveries++;
    deliveredBytes += bytes;
  }

  /** {@return how many batches were} */
  long deliveries() {
    return deliveries;
  }

  /** {@return how many bytes were in them} */
  long deliveredBytes() {
    return deliveredBytes;
  }

  /** A pass that delivered something took so long from the append. */
  void passed(long nanos) {
    passes.add(nanos);
  }

  /** A subscriber came with a cursor. */
  void resumed() {
    resumed++;
  }

  /** A subscriber is gone. */
  void ended(String reason) {
    ended.merge(reason, 1L, Long::sum);
  }

  DeliveryFigures soFar() {
    return new DeliveryFigures(
        deliveries, deliveredBytes, passes.counts(), resumed, Map.copyOf(ended));
  }
}
