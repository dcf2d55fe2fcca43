// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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

  private static String axe;

  @BeforeAll
  static void start() throws IOException {
    axe = Files.readString(Tool.node().resolve("node_modules/axe-core/axe.min.js"));
  }

  @ParameterizedTest
  @EnumSource(names = {"LIGHT", "DARK"})
  void findsNothingSerious(ColorScheme colours, Site site) throws Exception {
    site.tabs().phone(390, colours).allow("503"); // the doctor asks for one
    Api.curl(site.url("/.well-known/mercure"), "topic=orders/7", "data=paid");

    var chat = site.chat();
    assertThat(serious(chat.page)).as("the empty chat page").isEmpty();
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta(TEXT)).await(rest).data(delta("The end."));
    site.answers(stop(reply));
    chat.page.locator("#model").selectOption(MODEL);
    chat.page.getByTestId("question-input").fill("Show me all you can");
    chat.get("send").click();
    chat.awaitShown("const answer");
    assertThat(serious(chat.page)).as("the chat page while it prints").isEmpty();
    chat.page.locator("#menu").click();
    chat.get("chats").waitFor();
    chat.get("search").fill("all you");
    assertThat(serious(chat.page)).as("the list of chats").isEmpty();
    chat.page.keyboard().press("Escape");
    chat.get("inspect").click();
    assertThat(serious(chat.page)).as("the inspector").isEmpty();
    chat.page.keyboard().press("Escape");
    rest.countDown();
    chat.awaitStatus("completed").page.locator(".hl-keyword").first().waitFor();
    assertThat(serious(chat.page)).as("the chat page with an answer").isEmpty();

    chat.get("edit").click();
    assertThat(serious(chat.page)).as("a question that is edited").isEmpty();
    chat.page.keyboard().press("Escape");
    chat.get("instruct").click();
    assertThat(serious(chat.page)).as("the instructions").isEmpty();
    chat.page.keyboard().press("Escape");

    var answer = site.open("/answer#q=Why&src=" + chat.source().getRawPath());
    answer.getByTestId("answer").locator("figure").first().waitFor();
    assertThat(serious(answer)).as("a shared answer").isEmpty();
    var clock = site.open("/examples/clock");
    clock.waitForSelector("#events tr");
    assertThat(serious(clock)).as("the clock").isEmpty();
    var console = site.open("/console");
    console.locator("#topics button").first().click();
    console.locator("#readers tr").first().waitFor();
    assertThat(serious(console)).as("the console").isEmpty();
    var doctor = site.open("/doctor");
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
