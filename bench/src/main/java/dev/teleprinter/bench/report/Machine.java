// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where it was measured. Stateless. */
public final class Machine {
  private Machine() {}

  /** {@return processor, memory and kernel in one line, and nothing that names the machine} */
  public static String describe() throws IOException {
    return "Machine: %d x %s, %s GiB, Linux %s, JDK %s."
        .formatted(
            Runtime.getRuntime().availableProcessors() == 1
                ? Files.readString(Path.of("/proc/cpuinfo")).split("\nprocessor").length
                : Runtime.getRuntime().availableProcessors(),
            after("/proc/cpuinfo", "model name"),
            Long.parseLong(after("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", "")) >> 20,
            System.getProperty("os.version"),
            Runtime.version());
  }

  /** {@return the load average of the last minute} */
  public static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
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
