// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Teleprinter itself, in a Java process of its own. Immutable. */
final class TeleprinterTarget implements Target {
  private static final String PATH = "/.well-known/mercure";

  @Override
  public String name() {
    return "teleprinter";
  }

  @Override
  public Started start(Path folder, String cores) throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    var command = new ArrayList<String>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:MaxDirectMemorySize=1g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    var extra = System.getenv().getOrDefault("BENCH_SERVER_JAVA_OPTIONS", "");
    if (!extra.isBlank()) {
      command.addAll(List.of(extra.strip().split("\\s+")));
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            HubServer.class.getName(),
            Integer.toString(port)));
    var process = ServerProcess.start(folder, cores, Map.of(), command);
    process.awaitListening(port, Duration.ofSeconds(20));
    return new Started(
        process,
        new MercureShaped(port, PATH, ""),
        "the hub in memory, Java %s, %s".formatted(Runtime.version(), String.join(" ", options(command))));
  }

  private static List<String> options(List<String> command) {
    return command.stream().filter(word -> word.startsWith("-X")).toList();
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
