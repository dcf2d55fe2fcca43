// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;

/**
 * How a journal uses its disk. Immutable.
 *
 * @param durability when an append counts as kept
 * @param forceInterval how long what was written may stay unforced, for {@link Durability#INTERVAL}
 * @param fileBytesMax a file that has so many bytes is sealed and the next one begun
 */
public record DiskConfig(Durability durability, Duration forceInterval, long fileBytesMax) {
  /** Refuses limits that cannot work. */
  public DiskConfig {
    if (!forceInterval.isPositive() || fileBytesMax < 1024 || fileBytesMax > 1 << 30) {
      throw new IllegalArgumentException(
          "disk: force every %s, files of %d bytes (expected: a positive time, 1 KiB to 1 GiB)"
              .formatted(forceInterval, fileBytesMax));
    }
  }

  /** Forced every 50 ms, in files of 64 MiB. */
  public static DiskConfig defaults() {
    return new DiskConfig(Durability.INTERVAL, Duration.ofMillis(50), 64 << 20);
  }

  /** {@return the same with another durability} */
  public DiskConfig withDurability(Durability newDurability) {
    return new DiskConfig(newDurability, forceInterval, fileBytesMax);
  }

  /** {@return the same with other files} */
  public DiskConfig withFileBytesMax(long bytes) {
    return new DiskConfig(durability, forceInterval, bytes);
  }
}
