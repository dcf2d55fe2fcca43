// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** What programs say of themselves. Stateless. */
final class Versions {
  private Versions() {}

  /** {@return the first line that a command prints, or that it printed nothing} */
  static String firstLine(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor(10, TimeUnit.SECONDS);
    return text.lines().findFirst().orElse("(no answer)").strip();
  }

  /** {@return the version of a Debian package, or that there is none} */
  static String ofPackage(String name) throws IOException, InterruptedException {
    return name + " " + firstLine("dpkg-query", "-W", "-f=${Version}\n", name);
  }
}
