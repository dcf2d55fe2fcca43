// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * The official library for Node, through Teleprinter, before a mock of OpenAI's service that others
 * wrote: as an upstream of both dialects, and as one of chat only.
 */
@Timeout(300)
class IndependentMockIT {
  private static final String HELLO = "Hello 世界 👋, how may I help?";

  private static Path node;
  private static Process mock;
  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() throws IOException {
    node = Tool.node();
    mock = Tool.builder(node, "node", "mock.mjs").redirectError(Redirect.INHERIT).start();
    var url = mock.inputReader(UTF_8).readLine();
    teleprinter =
        RunningTeleprinter.start(
            """
            upstreams:
              both: {base_url: "%1$s/v1", models: [gpt-5], speaks: both}
              chat: {base_url: "%1$s/v1", models: [gpt-5-mini], speaks: chat}
            """
                .formatted(url));
  }

  @AfterAll
  static void stop() throws IOException {
    if (teleprinter != null) {
      teleprinter.close();
    }
    if (mock != null) {
      mock.outputWriter().close(); // it ends with its input
      mock.onExit().join();
    }
  }

  @ParameterizedTest
  @CsvSource({"openai, gpt-5", "openai, gpt-5-mini", "openai-7, gpt-5", "openai-7, gpt-5-mini"})
  void everythingAUserDoesWorks(String library, String model) {
    var base = teleprinter.url("/v1").toString();
    var output = Tool.output(node, "node", "tour.mjs", base, library, model);
    var told = JsonMapper.shared().readTree(output);
    for (var text :
        new String[] {
          "chat",
          "chatStream",
          "chatHelper",
          "response",
          "responseStream",
          "responseHelper",
          "retrieved",
          "resumedHelper"
        }) {
      assertThat(told.path(text).asString("")).as(text + " of " + output).isEqualTo(HELLO);
    }
    assertThat(told.path("gapless").asBoolean()).isTrue();
    assertThat(told.path("resumed").asBoolean()).isTrue();
    assertThat(told.path("models").toString()).contains("gpt-5", "gpt-5-mini", "demo");
    assertThat(told.path("cancelled").asString()).isEqualTo("cancelled");
    assertThat(told.path("cancelledTwice").asString()).isEqualTo("cancelled");
    assertThat(told.path("unknown").asInt()).isEqualTo(404);
    assertThat(told.path("noSuchModel").asInt()).isEqualTo(404);
  }
}
