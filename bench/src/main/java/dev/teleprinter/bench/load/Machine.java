// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where it was measured. Stateless. */
final class Machine {
  private Machine() {}

  /**
   * {@return processor, memory, kernel and load in one line, and nothing that names the machine}
   */
  static String describe() throws IOException {
    return "Machine: %d x %s, %s GiB, Linux %s; load average at the end %s."
        .formatted(
            Runtime.getRuntime().availableProcessors() == 1
                ? Files.readString(Path.of("/proc/cpuinfo")).split("\nprocessor").length
                : Runtime.getRuntime().availableProcessors(),
            after("/proc/cpuinfo", "model name"),
            Long.parseLong(after("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", "")) >> 20,
            System.getProperty("os.version"),
            Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
  }

  private static String after(String file, String name) throws IOException {
    for (var line : Files.readAllLines(Path.of(file))) {
      if (line.startsWith(name)) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return "0";
  }
}
