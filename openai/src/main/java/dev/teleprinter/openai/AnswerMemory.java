// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.MemoryBudget.Reservation;
import dev.teleprinter.openai.UpstreamException.Kind;

/**
 * The heap memory of one answer: what was asked, the buffers of its upstream, and the text that is
 * gathered. It grows in coarse steps, never once for each token, and goes back whole. Thread-safe.
 */
final class AnswerMemory implements AutoCloseable {
  /** An answer's own objects, its thread, and its upstream's buffers. */
  static final long BASE_BYTES = 24 << 10;

  private final Reservation reservation;
  private final long askingBytes;

  // Guarded by this.
  private long treeBytes; // of the largest document that was parsed so far

  private AnswerMemory(Reservation reservation, long askingBytes) {
    this.reservation = reservation;
    this.askingBytes = askingBytes;
  }

  /**
   * Reserves what an answer needs to begin: the request as a tree, and its copies on the way to the
   * upstream.
   *
   * @throws ApiException 503 when there is not so much
   */
  static AnswerMemory open(MemoryBudget budget, AskedBody asked) {
    return open(budget, asked.treeBytes(), asked.askingBytes());
  }

  /** Reserves what it takes to ask something without a body. Throws as above. */
  static AnswerMemory open(MemoryBudget budget) {
    return open(budget, 0, 0);
  }

  private static AnswerMemory open(MemoryBudget budget, long heapBytes, long askingBytes) {
    var reservation = budget.open(Holder.ANSWERS);
    if (!reservation.tryGrow(BASE_BYTES + heapBytes + askingBytes)) {
      throw new ApiException(
              503, "server_error", null, "memory_full", "The server has no memory left for this.")
          .with("Retry-After", "5");
    }
    return new AnswerMemory(reservation, askingBytes);
  }

  /** The upstream has the request: its copies are gone. Once. */
  void onAsked() {
    reservation.shrink(askingBytes);
  }

  /** Reserves more, or declines. */
  boolean tryGrow(long bytes) {
    return reservation.tryGrow(bytes);
  }

  /**
   * Reserves more.
   *
   * @throws UpstreamException when there is not so much: the answer has to end
   */
  void grow(long bytes) {
    if (!reservation.tryGrow(bytes)) {
      throw exhausted();
    }
  }

  /**
   * Sees to it that there is memory for a parsed document of that size; one at a time is kept.
   * Throws as above.
   */
  void holdTree(long bytes) {
    synchronized (this) {
      if (bytes > treeBytes) {
        grow(bytes - treeBytes);
        treeBytes = bytes;
      }
    }
  }

  /** {@return the end of an answer that could not grow} */
  static UpstreamException exhausted() {
    return new UpstreamException(Kind.MEMORY, "The server has no memory left for the answer.");
  }

  /** Gives all back. Idempotent. */
  @Override
  public void close() {
    reservation.close();
  }
}
