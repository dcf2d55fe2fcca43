// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Conversations on the chat page: what the model is told of them, and how one finds and keeps them.
 */
@Timeout(120)
@ExtendWith(Chromium.class)
class ChatHistoryIT {
  private static final JsonMapper JSON = new JsonMapper();

  @Test
  void tellsTheModelTheInstructionsOfThisConversationOnly(Site site) {
    site.answers(says("Short.")).answers(says("Long."));
    var chat = site.chat();
    chat.get("instruct").click();
    chat.get("instructions-text").fill("  Answer in <b>one</b> word.\n");
    chat.get("instructions-save").click();
    chat.ask(MODEL, "Why?").awaitStatus("completed");
    assertThat(asked(site)).containsExactly("system: Answer in <b>one</b> word.", "user: Why?");
    chat.page.reload();
    chat = new ChatPage(chat.page);
    chat.page.waitForSelector("#instruct[data-on]");
    chat.get("instruct").click();
    assertThat(chat.get("instructions-text").inputValue()).isEqualTo("Answer in <b>one</b> word.");
    chat.page.keyboard().press("Escape"); // leaves them as they are
    chat.get("new-chat").click();
    chat.page.waitForSelector("#instruct:not([data-on])");
    chat.ask(MODEL, "And now?").awaitStatus("completed");
    assertThat(asked(site)).containsExactly("user: And now?");
  }

  @Test
  void asksAnEditedQuestionAndKeepsWhatFollowedTheOldOne(Site site) {
    site.answers(says("Paris.")).answers(says("Two million."));
    site.answers(says("Madrid.")).answers(says("Three million."));
    var chat = site.chat().ask(MODEL, "Capital of France?").awaitStatus("completed");
    chat.ask(MODEL, "How many people?").awaitShown("Two million.").awaitStatus("completed");
    chat.page.getByTestId("edit").first().click();
    chat.get("edited").fill("Capital of Spain?");
    chat.get("edited").press("Enter");
    chat.awaitShown("Madrid.").awaitStatus("completed");
    assertThat(asked(site)).containsExactly("user: Capital of Spain?");
    assertThat(chat.page.getByTestId("turn").count()).isEqualTo(1);
    chat.ask(MODEL, "And people there?").awaitShown("Three").awaitStatus("completed");
    assertThat(asked(site))
        .containsExactly(
            "user: Capital of Spain?", "assistant: Madrid.", "user: And people there?");
    chat.page.getByTestId("previous").first().click();
    chat.awaitShown("Two million.");
    assertThat(chat.page.getByTestId("question").first().locator("p").textContent())
        .isEqualTo("Capital of France?");
    chat.page.reload();
    chat = new ChatPage(chat.page).awaitShown("Two million.");
    chat.page.getByTestId("next").first().click();
    chat.awaitShown("Three million.");
    assertThat(chat.page.getByTestId("question").first().locator("p").textContent())
        .isEqualTo("Capital of Spain?");
    chat.page.getByTestId("edit").first().click();
    chat.get("edited").fill("Another");
    chat.get("edited").press("Escape");
    assertThat(chat.page.getByTestId("turn").count()).as("nothing was asked").isEqualTo(2);
  }

  @Test
  void findsAConversationByWhatWasSaidInIt(Site site) {
    site.answers(says("It is the *Mississippi*, of course.")).answers(says("好的。"));
    var chat = site.chat().ask(MODEL, "Longest river?").awaitStatus("completed");
    chat.get("new-chat").click();
    chat.ask(MODEL, "第二个问题").awaitShown("好的。").awaitStatus("completed");
    var keys = chat.page.keyboard();
    keys.press("Control+K");
    keys.insertText("course MISSISSIPPI");
    chat.page.waitForFunction("() => document.querySelectorAll('#chats li').length === 1");
    assertThat(chat.page.locator("#chats mark").textContent()).isEqualTo("course");
    keys.press("Enter");
    chat.awaitShown("Mississippi");
    chat.page.waitForFunction("() => document.querySelectorAll('#chats li').length === 2");
    keys.press("Control+K");
    keys.insertText("nowhere");
    chat.page.getByText("No chat has this in it.").waitFor();
    keys.press("Escape");
    chat.page.waitForFunction("() => document.querySelectorAll('#chats li').length === 2");
  }

  @Test
  void downloadsAConversation(Site site) throws IOException {
    site.answers(says("| a |\n|---|\n| 1 |"));
    var chat = site.chat().ask(MODEL, "A table, <please>?").awaitStatus("completed");
    chat.page.locator("#chats li").hover();
    var file = chat.page.waitForDownload(() -> chat.get("download").click());
    assertThat(file.suggestedFilename()).isEqualTo("A-table-please.md");
    assertThat(Files.readString(file.path()))
        .isEqualTo(
            """
            # A table, <please>?

            ## You asked

            A table, <please>?

            ## scripted

            | a |
            |---|
            | 1 |
            """);
  }

  @Test
  void keepsTheDraftOverAReloadAndGrowsWithIt(Site site) {
    var chat = site.chat();
    var input = chat.get("question-input");
    var before = input.boundingBox().height;
    input.fill("One line\nand another\nand 第三行");
    assertThat(input.boundingBox().height).isGreaterThan(before + 30);
    chat.page.reload();
    chat = new ChatPage(chat.page);
    assertThat(chat.get("question-input").inputValue()).isEqualTo("One line\nand another\nand 第三行");
    assertThat(chat.get("question-input").boundingBox().height).isGreaterThan(before + 30);
    chat.get("question-input").fill("line\n".repeat(200));
    assertThat(chat.get("question-input").boundingBox().height).isLessThan(400);
  }

  private static Script says(String text) {
    return stop(script().stream().data(delta(text)));
  }

  /** Who said what, as the model was last told. */
  private static java.util.List<String> asked(Site site) {
    var messages = JSON.readTree(site.asked()).path("messages");
    return messages.valueStream().map(ChatHistoryIT::line).toList();
  }

  private static String line(JsonNode message) {
    return message.path("role").asString() + ": " + message.path("content").asString();
  }
}
