// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Delays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What delivery did since the start. Immutable.
 *
 * @param deliveries batches of events handed to subscribers
 * @param bytes of events in them, before TLS and HTTP/2
 * @param passes how long it took, each time that subscribers had news, from the append until the
 *     last of them had been served; what a slow socket did not take counts as served
 * @param resumed subscribers that came with a cursor
 * @param ended subscribers that are gone, by the reason
 */
public record DeliveryFigures(
    long deliveries, long bytes, Delays.Counts passes, long resumed, Map<String, Long> ended) {
  /** {@return both together} */
  DeliveryFigures plus(DeliveryFigures others) {
    var reasons = new TreeMap<>(ended);
    others.ended.forEach((reason, count) -> reasons.merge(reason, count, Long::sum));
    return new DeliveryFigures(
        deliveries + others.deliveries,
        bytes + others.bytes,
        passes.plus(others.passes),
        resumed + others.resumed,
        reasons);
  }

  /** {@return the figures of nothing} */
  public static DeliveryFigures none() {
    return new DeliveryFigures(0, 0, Delays.Counts.none(), 0, Map.of());
  }
}
