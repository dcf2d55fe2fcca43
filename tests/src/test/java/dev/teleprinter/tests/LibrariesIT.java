// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The official libraries for Node and Python before upstreams that do wrong: what is whole must
 * arrive whole, and what is not must be an error to the user of every library, in every way of
 * asking. Heartbeats go out all the time.
 */
@Timeout(300)
class LibrariesIT {
  private static FaultyUpstream upstream;
  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() throws IOException {
    upstream = new FaultyUpstream();
    teleprinter = RunningTeleprinter.start(upstream.yaml() + "timeouts: {heartbeat: 100ms}\n");
  }

  @AfterAll
  static void stop() throws IOException {
    teleprinter.close();
    upstream.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "openai-7"})
  void nodeUsersSeeWholeAnswersAndErrors(String library) {
    assertHonest(4, Tool.node(), "node", "faults.mjs", base(), library);
  }

  @Test
  void pythonUsersSeeWholeAnswersAndErrorsAlsoBetweenHeartbeatsAfterIds() {
    assertHonest(5, Tool.python(), "bin/python", "faults.py", base());
  }

  @Test
  void heartbeatsFallIntoTheMiddleOfTheSlowAnswer() throws IOException {
    var ask = "{\"model\":\"slow\",\"stream\":true,\"input\":\"x\"}";
    try (var wire = EventWire.post(teleprinter.port(), "/v1/responses?event_ids=true", ask)) {
      assertThat(wire.block()).startsWith("id: ");
      int before = wire.comments();
      while (wire.block() != null) {
        assertThat(wire.status()).isEqualTo(200);
      }
      assertThat(wire.comments()).isGreaterThan(before);
    }
  }

  private static String base() {
    return teleprinter.url("/v1").toString();
  }

  private static void assertHonest(int ways, Path folder, String... command) {
    var models =
        Stream.concat(FaultyUpstream.WHOLE.stream(), FaultyUpstream.BROKEN.stream()).toList();
    var whole = new ArrayList<>(List.of(command));
    whole.set(0, command[0].contains("/") ? folder.resolve(command[0]).toString() : command[0]);
    whole.addAll(models);
    var lines = Tool.lines(Tool.output(folder, whole.toArray(String[]::new)));
    assertThat(lines.size()).isGreaterThan((ways - 2) * models.size());
    for (var line : lines) {
      JsonNode told = JsonMapper.shared().readTree(line);
      FaultyUpstream.assertHonest(
          told.path("model").asString(),
          told.path("text").asString(),
          told.path("finish").asString(),
          told.path("error").asBoolean(),
          line);
    }
  }
}
