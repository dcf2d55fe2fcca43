// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * Memory for frames that are read back from the disk, bounded apart from that of the topic logs.
 * Thread-safe.
 */
final class ColdMemory {
  private static final long LOOK_AGAIN_MILLIS = 10;
  private static final int LOOKS_MAX = 6_000; // a minute

  private final SegmentMemory memory;

  ColdMemory(long bytesMax) {
    this.memory = new SegmentMemory(bytesMax);
  }

  /**
   * Memory of at least so many bytes. Blocks while the readers of other frames hold it all.
   *
   * @throws JournalUnavailableException when nobody gives any back for a minute
   */
  SegmentMemory.Block allocate(long bytes) {
    boolean interrupted = false;
    try {
      for (int looks = 0; ; looks++) {
        var block = memory.allocate(Math.toIntExact(bytes));
        if (block != null) {
          return block;
        }
        if (looks == LOOKS_MAX) {
          throw new JournalUnavailableException(
              "memory: %d bytes of cold frames are in use (expected: room for %d)"
                  .formatted(memory.usedBytes(), bytes));
        }
        interrupted |= pause();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized boolean pause() {
    try {
      wait(LOOK_AGAIN_MILLIS); // frames are given back on loops, which do not know who waits
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }
}
