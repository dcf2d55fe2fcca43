// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A bare loop in C that sends each event to each reader with one call, or each token to its one
 * reader: what one core can do if nothing is merged and nothing is kept. Immutable.
 *
 * @param name its name
 * @param source the program, which is compiled when it is started
 * @param upstreamPort whose answers it relays; 0 for a hub
 */
record FloorTarget(String name, Path source, int upstreamPort) implements Target {
  @Override
  public boolean isHub() {
    return upstreamPort == 0;
  }

  @Override
  public boolean isRelay() {
    return upstreamPort != 0;
  }

  @Override
  public boolean hasTopics() {
    return false;
  }

  /** It merges nothing: more events ahead make a round longer, and it no faster. */
  @Override
  public int behindMax() {
    return 1000;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    var program = folder.resolve("floor").toString();
    compile(program);
    var process =
        ServerProcess.start(
            folder,
            core,
            Map.of(),
            List.of(program, Integer.toString(port), Integer.toString(upstreamPort)));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process,
        new PathHub(port),
        (isHub() ? "one send()" : "one recv() and one send()")
            + " per delivery, "
            + Versions.firstLine("gcc", "--version")
            + " -O2");
  }

  private void compile(String program) throws IOException, InterruptedException {
    Process gcc;
    try {
      gcc =
          new ProcessBuilder(
                  "gcc", "-O2", "-Wall", "-D_GNU_SOURCE", "-o", program, source.toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new SkippedException(name + ": no gcc: " + e.getMessage());
    }
    var said = new String(gcc.getInputStream().readAllBytes(), UTF_8);
    if (!gcc.waitFor(60, TimeUnit.SECONDS) || gcc.exitValue() != 0) {
      throw new IOException(name + ": does not compile: " + said);
    }
  }
}
