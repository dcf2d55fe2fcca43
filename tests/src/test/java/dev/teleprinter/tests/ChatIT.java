// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator.WaitForOptions;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The chat page in a real browser, with the running program and a scripted model behind it. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ChatIT {
  private static final Pattern CLUSTER = Pattern.compile("\\X");

  @Test
  void typesOutTheDemosAnswer(Site site) throws Exception {
    var chat = site.chat().film().ask("demo", "hi").awaitStatus("completed");
    assertThat(chat.frames()).hasSizeGreaterThan(20);
    assertThat(chat.text()).isEqualTo(Api.text(Api.response(chat.source())));
    assertThat(chat.shown()).endsWith("and nothing will be missing. 🖨️");
    assertThat(chat.get("facts").textContent()).contains("demo", "first word after");
    assertThat(chat.get("said").textContent()).isEqualTo("Answer complete.");
  }

  @Test
  void goesOnAfterAReloadAndShowsTheSameInASecondTab(Site site) throws Exception {
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta("One, two, ")).data(delta("three, ")).await(rest);
    site.answers(stop(reply.data(delta("four 👨‍👩‍👧, ")).data(delta("五。"))));
    var chat = site.chat().ask(MODEL, "Count").awaitShown("One, two, three,");

    chat.page.reload();
    chat = new ChatPage(chat.page).awaitShown("One, two, three,").awaitConnection("printing");
    var other = new ChatPage(site.tabs().open(URI.create(chat.page.url())));
    other.awaitShown("One, two, three,");
    chat.film();
    rest.countDown();

    chat.awaitStatus("completed");
    other.awaitStatus("completed");
    var text = "One, two, three, four 👨‍👩‍👧, 五。";
    assertThat(Api.text(Api.response(chat.source()))).isEqualTo(text);
    assertThat(chat.text()).isEqualTo(text);
    assertThat(chat.shown()).isEqualTo(text);
    assertThat(other.text()).isEqualTo(text);
    assertThat(other.html()).isEqualTo(chat.html());
    assertThat(chat.frames().getFirst()).startsWith("One, two, three,"); // no flash
    chat.page.reload();
    assertThat(new ChatPage(chat.page).awaitStatus("completed").shown()).isEqualTo(text);
  }

  @Test
  void goesOnAfterTheNetworkWasAway(Site site) {
    site.tabs().allow("ERR_INTERNET_DISCONNECTED");
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta("One, ")).await(rest).data(delta("two 👩‍💻, "));
    site.answers(stop(reply.data(delta("three."))));
    var chat = site.chat().ask(MODEL, "Count").awaitShown("One,");
    site.tabs().context().setOffline(true);
    chat.awaitConnection("offline");
    chat.page.evaluate(
        "() => " + ChatPage.LAST + ".unplug()"); // what is open stays so in this browser
    rest.countDown();
    assertThat(chat.get("answer").getAttribute("data-status")).isEqualTo("printing");
    assertThat(chat.text()).isEqualTo("One, ");
    chat.page.evaluate("() => " + ChatPage.LAST + ".plug()");
    chat.page.waitForCondition(() -> chat.page.locator("[data-state=retrying]").count() > 0);
    assertThat(chat.text()).as("there is no network yet").isEqualTo("One, ");
    site.tabs().context().setOffline(false);
    chat.awaitStatus("completed").awaitConnection("ready");
    assertThat(chat.shown()).isEqualTo("One, two 👩‍💻, three.");
  }

  @Test
  void keepsThePartOfAnAnswerThatIsStopped(Site site) throws Exception {
    var reply = script().stream().data(delta("This much came")).stall();
    site.answers(reply);
    var chat = site.chat().ask(MODEL, "Go on for ever").awaitShown("This much came");
    chat.get("send").click();
    chat.awaitStatus("cancelled");
    assertThat(reply.awaitGone()).as("the upstream was let go").isTrue();
    assertThat(chat.shown()).isEqualTo("This much came");
    assertThat(chat.get("facts").textContent()).startsWith("Stopped");
    assertThat(Api.response(chat.source()).path("status").asString("")).isEqualTo("cancelled");
  }

  @Test
  void showsWhatWentWrongAndTriesAgain(Site site) {
    var read = new CountDownLatch(1); // a reset destroys what the server has not read yet
    site.answers(script().stream().data(delta("Half an ans")).await(read).reset());
    site.answers(stop(script().stream().data(delta("A whole answer."))));
    var chat = site.chat().ask(MODEL, "Break").awaitShown("Half an ans");
    read.countDown();
    chat.awaitStatus("failed");
    assertThat(chat.shown()).isEqualTo("Half an ans");
    assertThat(chat.page.locator(".note").textContent()).startsWith("The answer failed.");
    chat.get("retry").click();
    chat.awaitStatus("completed");
    assertThat(chat.shown()).isEqualTo("A whole answer.");
    chat.get("previous").click();
    assertThat(chat.awaitStatus("failed").shown()).isEqualTo("Half an ans");
  }

  @Test
  void saysThatNobodyHasTheModel(Site site) {
    site.tabs().allow("404");
    var chat = site.chat();
    chat.page.evaluate("() => document.querySelector('#model').append(new Option('nobody'))");
    chat.ask("nobody", "Hello?").awaitStatus("refused");
    assertThat(chat.page.locator(".note").textContent())
        .startsWith("The server did not take the question.")
        .contains("nobody", "Try again");
    var gone = new WaitForOptions().setState(WaitForSelectorState.HIDDEN);
    chat.get("copy").waitFor(gone); // there is nothing to copy
  }

  @Test
  void neverShowsHalfACharacter(Site site) {
    var steps = new CountDownLatch[12];
    var reply = script().stream();
    for (int i = 0; i < steps.length; i++) {
      steps[i] = new CountDownLatch(1);
      var oneByOne =
          "data: "
              + delta("é 👩🏽‍💻 🇨🇳")
              + "\n\ndata: "
              + delta("")
              + "\n\ndata: "
              + delta(" 🏴‍☠️ ❤️‍🔥 한국어 ")
              + "\n\n";
      var inParts = // each but the last surely half a character, however long the rest takes
          "data: "
              + delta("👨‍")
              + "\n\ndata: "
              + delta("👩‍")
              + "\n\ndata: "
              + delta("👧‍")
              + "\n\ndata: "
              + delta("👦 \ud83c\uddef")
              + "\n\ndata: "
              + delta("\ud83c\uddf5 ")
              + "\n\n";
      reply.byByte(oneByOne).text(inParts).await(steps[i]);
    }
    site.answers(stop(reply));
    var chat = site.chat().film().ask(MODEL, "Emoji");
    for (var step : steps) {
      int before = chat.text().length();
      step.countDown();
      chat.page.waitForCondition(() ->
          chat.text().length() > before
              || chat.get("answer").getAttribute("data-status").equals("completed"));
    }
    var whole = chat.awaitStatus("completed").shown();
    var clusters = CLUSTER.matcher(whole).results().map(r -> r.end()).toList();
    assertThat(whole.strip()).isEqualTo(chat.text().strip());
    assertThat(chat.frames())
        .hasSizeGreaterThan(4) // how many depends on the machine
        .allSatisfy(frame -> {
          assertThat(whole).startsWith(frame);
          assertThat(frame.isEmpty() || clusters.contains(frame.length())).as(frame).isTrue();
        });
  }
}
