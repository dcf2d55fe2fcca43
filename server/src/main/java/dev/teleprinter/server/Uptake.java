// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

/**
 * Since when a peer has taken nothing of what waits for it, by a number that changes whenever it
 * takes something. Confined to the loop.
 */
final class Uptake {
  /** The number when nothing waits for the peer. */
  static final long NOTHING_WAITS = -1;

  private long before = NOTHING_WAITS;
  private long lookedNanos;
  private long sinceNanos;

  Uptake(long now) {
    lookedNanos = now;
  }

  /** When it was looked at last. */
  long lookedNanos() {
    return lookedNanos;
  }

  /** Whether something waited for the peer then. */
  boolean isWaiting() {
    return before != NOTHING_WAITS;
  }

  /** Notes the number of now. */
  void look(long number, long now) {
    lookedNanos = now;
    if (number != before) {
      before = number;
      sinceNanos = now;
    }
  }

  /** Whether it has taken nothing for so long, as far as is known. */
  boolean isStuck(long timeoutNanos, long now) {
    return isWaiting() && now - sinceNanos >= timeoutNanos;
  }
}
