// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.PATH;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.teleprinter.openai.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What axe-core finds on the pages, in both colours: nothing serious. */
@Timeout(120)
@ExtendWith(Chromium.class)
class AccessibilityIT {
  private static final String TEXT =
      """
      ## A title

      Text with `code`, a [link](https://example.org/), **strong** and \\(a^2\\).

      ```js
      const answer = 42; // a comment
      ```

      | name | n |
      |---|--:|
      | a | 1 |

      - [x] done

      > quoted

      """;

  private static ScriptedUpstream upstream;
  private static RunningTeleprinter teleprinter;
  private static String axe;

  @BeforeAll
  static void start() throws IOException {
    axe = Files.readString(Tool.node().resolve("node_modules/axe-core/axe.min.js"));
    upstream = new ScriptedUpstream();
    teleprinter = RunningTeleprinter.start(ChatScript.config(upstream));
  }

  @AfterAll
  static void end() throws IOException {
    if (teleprinter != null) { // else skipped
      teleprinter.close();
      upstream.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LIGHT", "DARK"})
  void findsNothingSerious(ColorScheme colours, Tabs tabs) throws Exception {
    tabs.phone(390, colours).allow("503"); // the doctor asks for one
    Api.curl(teleprinter.url("/.well-known/mercure"), "topic=orders/7", "data=paid");

    var chat = new ChatPage(tabs.open(teleprinter.url("/")));
    assertThat(serious(chat.page)).as("the empty chat page").isEmpty();
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta(TEXT)).await(rest).data(delta("The end."));
    upstream.on(PATH, stop(reply));
    chat.page.locator("#model").selectOption(MODEL);
    chat.page.getByTestId("question-input").fill("Show me all you can");
    chat.get("send").click();
    chat.awaitShown("const answer");
    assertThat(serious(chat.page)).as("the chat page while it prints").isEmpty();
    chat.page.locator("#menu").click();
    chat.get("chats").waitFor();
    assertThat(serious(chat.page)).as("the list of chats").isEmpty();
    chat.page.keyboard().press("Escape");
    chat.get("inspect").click();
    assertThat(serious(chat.page)).as("the inspector").isEmpty();
    chat.page.keyboard().press("Escape");
    rest.countDown();
    chat.awaitStatus("completed").page.locator(".hl-keyword").first().waitFor();
    assertThat(serious(chat.page)).as("the chat page with an answer").isEmpty();

    var answer = tabs.open(teleprinter.url("/answer#q=Why&src=" + chat.source().getRawPath()));
    answer.getByTestId("answer").locator("figure").first().waitFor();
    assertThat(serious(answer)).as("a shared answer").isEmpty();
    var clock = tabs.open(teleprinter.url("/examples/clock"));
    clock.waitForSelector("#events tr");
    assertThat(serious(clock)).as("the clock").isEmpty();
    var console = tabs.open(teleprinter.url("/console"));
    console.locator("#topics button").first().click();
    console.locator("#readers tr").first().waitFor();
    assertThat(serious(console)).as("the console").isEmpty();
    var doctor = tabs.open(teleprinter.url("/doctor"));
    doctor.waitForSelector("#statuses[data-state=good]");
    assertThat(serious(doctor)).as("the doctor").isEmpty();
  }

  /** Rule and place of each finding. */
  private static List<?> serious(Page page) {
    page.evaluate(axe);
    return (List<?>)
        page.evaluate(
            """
            async () => {
              const { violations } = await axe.run(document, { resultTypes: ['violations'] });
              return violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
            }\
            """);
  }
}
