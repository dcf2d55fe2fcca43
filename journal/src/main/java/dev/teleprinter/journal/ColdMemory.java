// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory for frames that are read back from the disk, bounded apart from that of the topic logs.
 * Thread-safe.
 */
final class ColdMemory {
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
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
    for (int looks = 0; looks < LOOKS_MAX; looks++) {
      var block = memory.allocate(Math.toIntExact(bytes));
      if (block != null) {
        return block;
      }
      // Frames are given back on loops, which do not know who waits.
      LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
    }
    throw new JournalUnavailableException(
        "memory: %d bytes of cold frames are in use (expected: room for %d)"
            .formatted(memory.usedBytes(), bytes));
  }
}
