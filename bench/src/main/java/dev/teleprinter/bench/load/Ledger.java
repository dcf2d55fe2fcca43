// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one reader has received, and whether it is what it should be. Confined to the event loop.
 */
public interface Ledger {
  /** {@return events received so far, each of them checked} */
  long received();

  /**
   * Takes what was read.
   *
   * @param bytes what the previous call left, and then what was read
   * @param end where they end; they begin at 0
   * @param latencies where the age of each event goes, when its time is known
   * @return from where it wants to see the bytes again, with more behind them
   * @throws LedgerException when something is lost, repeated, out of order or damaged
   */
  int take(byte[] bytes, int end, long nowNanos, @Nullable Histogram latencies);

  /** {@return whether it must not see chunk sizes among the bytes} */
  default boolean readsBodies() {
    return false;
  }

  /** {@return where it would go on after a drop; empty when it does not know} */
  default String lastEventId() {
    return "";
  }

  /** The connection was lost; what comes next comes on another. */
  default void onReconnect() {}

  /** {@return whether the reader is to send its request again: asked once after each take} */
  default boolean askAgain() {
    return false;
  }
}
