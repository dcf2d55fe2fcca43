// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the documents tell people to type. */
@Timeout(120)
class CurlIT {
  private static final String HUB = "/.well-known/mercure";
  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() {
    Tool.require("curl");
    teleprinter = RunningTeleprinter.start();
  }

  @AfterAll
  static void stop() {
    if (teleprinter != null) {
      teleprinter.close();
    }
  }

  private static String curl(String path, String... options) {
    var command = new ArrayList<>(List.of("curl", "-sS", "--noproxy", "*"));
    command.addAll(List.of(options));
    command.add(teleprinter.url(path).toString());
    return Tool.output(Path.of("."), command.toArray(String[]::new));
  }

  @Test
  void theFirstCommandOfTheReadmeStreamsAndEndsWithDone() {
    var asked =
        """
        {"model":"demo","stream":true,"messages":[{"role":"user","content":"hi"}],"max_tokens":20}\
        """;
    assertThat(curl("/v1/chat/completions", "-N", "-d", asked))
        .startsWith(":\ndata: {\"id\":\"chatcmpl-")
        .contains("\"finish_reason\":\"length\"")
        .endsWith("\n\ndata: [DONE]\n\n");
  }

  @Test
  void anEventWithEveryFieldArrivesAsItWasPublished() throws IOException {
    var form =
        new String[] {
          "-d",
          "topic=every",
          "-d",
          "id=order-7",
          "-d",
          "type=status",
          "-d",
          "retry=2500",
          "--data-urlencode",
          "data= leading space\n\nthird: 字 👩‍👩‍👧"
        };
    assertThat(curl(HUB, form)).isEqualTo("order-7");
    assertThat(curl(HUB, "-d", "topic=every", "-d", "close=1")).isNotNull();
    assertThat(curl(HUB + "?topic=every&last_event_id=earliest", "-N"))
        .contains(
            """
            id: order-7
            event: status
            retry: 2500
            data:  leading space
            data:\s
            data: third: 字 👩‍👩‍👧

            """);
    var after = curl(HUB + "?topic=every", "-H", "Last-Event-ID: order-7", "-w", "%{http_code}");
    assertThat(after).isEqualTo("204");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/chat/completions         | {"model"                                 | 400 | invalid_json
          /v1/responses                | []                                       | 400 | invalid_json
          /v1/responses                | {"input":"x"}                            | 400 | missing_required_parameter
          /v1/responses                | {"model":"no","input":"x"}               | 404 | model_not_found
          /v1/chat/completions         | {"model":"demo","messages":[],"stream":1} | 400 | invalid_type
          /v1/responses/resp_no/cancel | {}                                       | 404 | not_found
          /v1/nothing                  | {}                                       | 404 | unknown_url
          /.well-known/mercure         | data=x                                   | 400 | topic
          /.well-known/mercure         | topic=t&data=x&retry=soon                | 400 | retry
          /.well-known/mercure         | topic=t&data=x&id=a%0Ab                  | 400 | id
          /.well-known/mercure         | topic=resp_x&data=x                      | 403 | read_only_topic
          """)
  void aWrongInputIsToldByItsCode(String path, String body, int status, String code) {
    var said = curl(path, "-d", body, "-w", "\n%{http_code}");
    assertThat(said).endsWith("\n" + status).containsPattern("\"code\":\"[a-z_]*" + code);
  }

  @Test
  void aProgramsOutputIsPublishedLineByLine() {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var ran =
        Tool.run(
            Path.of("."),
            "one\n two\n\n字 😀",
            java,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.teleprinter.app.Main",
            "publish",
            "lines",
            "--close",
            "--url",
            teleprinter.url("/").toString());
    assertThat(ran.status()).as(ran.errors()).isZero();
    assertThat(
            curl(HUB + "?topic=lines&last_event_id=earliest", "-N")
                .lines()
                .filter(line -> line.startsWith("data:")))
        .containsExactly("data: one", "data:  two", "data: ", "data: 字 😀");
  }
}
