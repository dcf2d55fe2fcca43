// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What one reader has received, checked as it comes. Confined to the event loop. */
interface Ledger {
  /** {@return events taken} */
  long received();

  /**
   * Takes the events that are whole. Latencies, if wanted and known, go into the histogram.
   *
   * @return where something begins that is not whole yet, or {@code end}: what is there must be
   *     given again with what follows it
   * @throws LedgerException at the first event lost, repeated, out of order or damaged
   */
  int take(byte[] bytes, int end, long nowNanos, @Nullable Histogram latencies);

  /** {@return whether the response is over, so that the reader should ask again; once} */
  default boolean askAgain() {
    return false;
  }
}
