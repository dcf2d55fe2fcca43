// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A plain Node server, as people write it for themselves. Immutable.
 *
 * @param name its name
 * @param source the program
 * @param upstreamPort whose answers it relays; 0 for a hub
 */
record NodeTarget(String name, Path source, int upstreamPort) implements Target {
  @Override
  public boolean isHub() {
    return upstreamPort == 0;
  }

  @Override
  public boolean isRelay() {
    return upstreamPort != 0;
  }

  /** It merges nothing: more events ahead make a round longer, and it no faster. */
  @Override
  public int behindMax() {
    return 1000;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    String version;
    try {
      version = Versions.firstLine("node", "--version");
    } catch (IOException e) {
      throw new SkippedException("node: not installed");
    }
    var process =
        ServerProcess.start(
            folder,
            core,
            Map.of(),
            List.of(
                "node", source.toString(), Integer.toString(port), Integer.toString(upstreamPort)));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process,
        new PathHub(port),
        "node:http %s, %s".formatted(version, isHub() ? "a loop over responses" : "a pipe each"));
  }
}
