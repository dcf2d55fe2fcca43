// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/**
 * The shares of the process's memory that its parts get, in bytes. Immutable.
 *
 * <p>{@code bin/teleprinter} derives the heap, direct memory and the frames' share from the memory
 * of the machine or the container, and says so by properties. Without it, the runtime has chosen
 * the heap, and the shares follow from that.
 *
 * @param total what the process may use, 0 when nobody said so
 * @param heap the heap at its largest
 * @param frames what {@code limits.memory} is unless it is configured
 */
record MemoryShares(long total, long heap, long frames) {
  private static final String TOTAL = "teleprinter.memory.total";
  private static final String FRAMES = "teleprinter.memory.frames";
  private static final String DIRECT = "-XX:MaxDirectMemorySize=";

  private static final long FRAMES_MIN = 32L << 20;
  private static final long FRAMES_MAX = 1536L << 20;
  private static final long QUEUE_MAX = 64L << 20;

  /** {@return those of this process} */
  static MemoryShares ofProcess() {
    long heap = Runtime.getRuntime().maxMemory();
    long half = Math.clamp(heap / 2, FRAMES_MIN, FRAMES_MAX); // direct memory is as much as heap
    return new MemoryShares(Long.getLong(TOTAL, 0), heap, Long.getLong(FRAMES, half));
  }

  /** {@return bytes of appends that may wait} They are in the heap. */
  long queued() {
    return Math.min(QUEUE_MAX, heap / 8);
  }

  /** {@return how much direct memory the runtime gives at most} Loads much: only if need be. */
  static long directMax() {
    var given = ManagementFactory.getRuntimeMXBean().getInputArguments();
    long last = Runtime.getRuntime().maxMemory();
    for (var argument : given) {
      var size = argument.startsWith(DIRECT) ? argument.substring(DIRECT.length()) : null;
      last = bytes(size, last);
    }
    return last;
  }

  /** {@return a size as the runtime reads it, such as 64m} */
  static long bytes(@Nullable String size, long otherwise) {
    if (size == null || !size.matches("[0-9]{1,12}[kKmMgGtT]?")) {
      return otherwise;
    }
    int shift =
        switch (Character.toLowerCase(size.charAt(size.length() - 1))) {
          case 'k' -> 10;
          case 'm' -> 20;
          case 'g' -> 30;
          case 't' -> 40;
          default -> 0;
        };
    return Long.parseLong(shift == 0 ? size : size.substring(0, size.length() - 1)) << shift;
  }
}
