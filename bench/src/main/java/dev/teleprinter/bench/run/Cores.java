// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** How busy processors are, whoever keeps them so (proc(5), /proc/stat). Stateless. */
final class Cores {
  private static final double TICKS_PER_SECOND = 100;

  private Cores() {}

  /** {@return seconds of work that a core has done since it started, for anybody} */
  static double busySeconds(String core) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc/stat"))) {
      if (line.startsWith("cpu" + core + " ")) {
        var fields = line.split(" +");
        long idle = Long.parseLong(fields[4]) + Long.parseLong(fields[5]);
        long all = 0;
        for (int i = 1; i <= 8; i++) { // user to steal; guests are within user
          all += Long.parseLong(fields[i]);
        }
        return (all - idle) / TICKS_PER_SECOND;
      }
    }
    throw new IOException("core: " + core + " (expected: one of this machine)");
  }

  /** {@return CPU seconds that this program has used} */
  static double ownSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9;
  }
}
