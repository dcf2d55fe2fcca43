// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A plain Node server, as people write it for themselves. Immutable. */
final class NodeTarget implements Target {
  private final Path source;

  /** The program's source. */
  NodeTarget(Path source) {
    this.source = source;
  }

  @Override
  public String name() {
    return "node";
  }

  @Override
  public Started start(Path folder, String cores) throws IOException, InterruptedException {
    String version;
    try {
      version = Versions.firstLine("node", "--version");
    } catch (IOException e) {
      throw new SkippedException("node: not installed");
    }
    int port = ServerProcess.freePort();
    var process =
        ServerProcess.start(
            folder, cores, Map.of(), List.of("node", source.toString(), Integer.toString(port)));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process, new NchanTarget.Paths(port), "node:http " + version + ", a loop over responses");
  }
}
