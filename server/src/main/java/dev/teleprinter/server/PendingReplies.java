// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of whole replies that one connection has not taken yet, and their place in the account
 * of memory. Confined to its event loop.
 *
 * <p>A few bytes are counted but not reserved: a small reply that leaves at once costs no access to
 * the account.
 */
final class PendingReplies {
  /** One connection holds no more, unless a single reply is larger. */
  static final long BYTES_MAX = 64L << 20;

  static final long UNRESERVED_BYTES = 16 << 10;

  private final MemoryBudget memory;
  private MemoryBudget.@Nullable Reservation reservation; // when it was needed
  private long bytes;
  private long reservedBytes;

  PendingReplies(MemoryBudget memory) {
    this.memory = memory;
  }

  /** Counts a reply in, or declines: then nothing is counted. */
  boolean tryAdd(int more) {
    if (bytes > 0 && bytes + more > BYTES_MAX) {
      return false;
    }
    long missing = bytes + more - UNRESERVED_BYTES - reservedBytes;
    if (missing > 0 && !tryReserve(missing)) {
      return false;
    }
    bytes += more;
    return true;
  }

  private boolean tryReserve(long more) {
    var known = reservation;
    if (known == null) {
      known = memory.open(Holder.REPLIES);
      reservation = known;
    }
    boolean fits = known.tryGrow(more);
    reservedBytes += fits ? more : 0;
    return fits;
  }

  /** Counts a reply out that was taken, or dropped. */
  void remove(int less) {
    bytes -= less;
    long spare = reservedBytes - Math.max(0, bytes - UNRESERVED_BYTES);
    var known = reservation;
    if (spare > 0 && known != null) {
      known.shrink(spare);
      reservedBytes -= spare;
    }
  }

  /** Whether so much waits that new requests are refused. */
  boolean isFull() {
    return bytes >= BYTES_MAX / 2;
  }

  /** The connection is closed: gives everything back. */
  void close() {
    if (reservation != null) {
      reservation.close();
    }
  }
}
