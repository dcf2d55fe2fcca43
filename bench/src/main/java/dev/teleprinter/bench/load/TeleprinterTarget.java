// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Teleprinter as its users start it: another checkout of it can be measured beside this one.
 * Immutable.
 */
final class TeleprinterTarget implements Target {
  private static final String PATH = "/.well-known/mercure";

  private final String name;
  private final Path program;
  private final Map<String, String> environment;

  /** The program {@code bin/teleprinter} of some checkout. */
  TeleprinterTarget(String name, Path program, Map<String, String> environment) {
    this.name = name;
    this.program = program;
    this.environment = environment;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isRelay() {
    return true;
  }

  @Override
  public Started start(Path folder, String cores) throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    var command = List.of(program.toString(), "--port", Integer.toString(port));
    var process = ServerProcess.start(folder, cores, environment, command);
    process.awaitListening(port, Duration.ofSeconds(180)); // it may have to be built
    return new Started(
        process,
        new MercureShaped(port, PATH, ""),
        "defaults, journal in memory, JDK " + Runtime.version());
  }

  /**
   * The Mercure protocol. Immutable.
   *
   * @param path of the hub
   * @param authorization a header line to publish with; empty for none
   */
  record MercureShaped(int port, String path, String authorization) implements Hub {
    @Override
    public String subscribe(String topic) {
      return get(path + "?topic=" + topic);
    }

    @Override
    public String publish(String topic, String data) {
      var body = "topic=" + topic + "&data=" + data;
      var headers = authorization.isEmpty() ? new String[0] : new String[] {authorization};
      return post(path, "application/x-www-form-urlencoded", body, headers);
    }
  }
}
