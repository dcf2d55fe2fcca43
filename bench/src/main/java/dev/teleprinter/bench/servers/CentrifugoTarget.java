// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.bench.load.Ask;
import dev.teleprinter.bench.load.Hub;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Centrifugo with its one-way event streams, in memory, without tokens. Immutable.
 *
 * <p>Of version 6 only releases that need a commit of their library by its hash were found, which
 * not every module proxy gives out; the last 5 builds.
 */
record CentrifugoTarget(Path cache) implements Target {
  private static final GoProgram PROGRAM =
      new GoProgram(
          "centrifugo",
          "github.com/centrifugal/centrifugo/v5",
          "v5.4.9",
          "github.com/centrifugal/centrifugo/v5");
  private static final String CONFIGURATION =
      """
      {
        "address": "127.0.0.1",
        "port": %d,
        "client_insecure": true,
        "allow_subscribe_for_client": true,
        "allow_subscribe_for_anonymous": true,
        "client_queue_max_size": 67108864,
        "api_insecure": true,
        "uni_sse": true,
        "log_level": "error"
      }
      """;

  @Override
  public String name() {
    return "centrifugo";
  }

  /** A reader to whom a write takes more than a second is cut, and there is no option for that. */
  @Override
  public int behindMax() {
    return 500;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    var program = PROGRAM.build(cache);
    Files.createDirectories(folder);
    var file = folder.resolve("config.json");
    Files.writeString(file, CONFIGURATION.formatted(port));
    var process =
        ServerProcess.start(
            folder, core, Map.of(), List.of(program.toString(), "-c", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(20));
    return new Started(
        process,
        new Api(port),
        PROGRAM.version() + ", uni_sse, memory, " + Versions.firstLine("go", "version"));
  }

  /** Its HTTP API, and its event streams. Immutable. */
  private record Api(int port) implements Hub {
    @Override
    public Ask subscribe(List<String> topics) {
      var subscriptions =
          topics.stream().map("\"%s\":{}"::formatted).collect(Collectors.joining(","));
      var connect = "{\"subs\":{" + subscriptions + "}}";
      return Ask.get("/connection/uni_sse?cf_connect=" + URLEncoder.encode(connect, UTF_8));
    }

    @Override
    public Ask publish(String topic, String data) {
      var body = "{\"channel\":\"" + topic + "\",\"data\":\"" + data + "\"}";
      return Ask.post("/api/publish", "application/json", body);
    }
  }
}
