// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.WaitForSelectorState;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a person does with the chat page beside asking, and by which means. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ChatFeaturesIT {
  private static final Locator.WaitForOptions HIDDEN =
      new Locator.WaitForOptions().setState(WaitForSelectorState.HIDDEN);

  @Test
  void pullsThePlugAndGoesOnWhereItWas(Site site) {
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta("One, ")).await(rest).data(delta("two, "));
    site.answers(stop(reply.data(delta("three 👩‍💻."))));
    var chat = site.chat().ask(MODEL, "Count").awaitShown("One,");
    chat.get("inspect").click();
    chat.page.waitForSelector("[data-testid=wire-state]:text-is('tailing')");
    chat.get("plug").click();
    chat.awaitConnection("reconnecting");
    rest.countDown();
    chat.get("second").click(); // reads it to the end while the first one is cut off
    chat.page.waitForFunction(
        "() =>"
            + " document.querySelector('[data-testid=second-viewer]').textContent.includes('three')");
    assertThat(chat.page.locator("#turns .tp-body").last().textContent()).isEqualTo("One, ");
    chat.get("plug").click();
    chat.page.waitForSelector(".turn [data-status=completed]");
    chat.page.waitForFunction(
        "() => document.querySelector('#turns .tp-body').textContent === 'One, two, three 👩‍💻.'");
    assertThat(chat.page.locator("#frames li").count()).isGreaterThanOrEqualTo(3);
    chat.page.locator("#frames").press("Escape");
    chat.page.locator("#inspector").waitFor(HIDDEN);
  }

  @Test
  void renamesSharesAndDeletesAChat(Site site) {
    site.answers(stop(script().stream().data(delta("A **whole** answer."))));
    site.tabs().context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
    var chat = site.chat().ask(MODEL, "What, <b>exactly</b>?").awaitStatus("completed");
    var page = chat.page;
    chat.get("share").click();
    page.getByText("Link copied").waitFor();
    var link = (String) page.evaluate("() => navigator.clipboard.readText()");
    var shared = site.tabs().open(URI.create(link));
    shared.waitForSelector("[data-testid=answer-state]:text-is('Complete')");
    assertThat(shared.getByTestId("question").textContent()).isEqualTo("What, <b>exactly</b>?");
    assertThat(shared.getByTestId("answer").locator("strong").textContent()).isEqualTo("whole");
    assertThat(shared.locator("textarea, input").count()).as("nothing to write in").isZero();

    page.locator("#chats li").hover();
    chat.get("rename").click();
    chat.get("new-name").fill("Another name");
    chat.get("new-name").press("Enter");
    page.locator("#chats a:text-is('Another name')").waitFor();
    assertThat(page.title()).startsWith("Another name");
    page.locator("#chats li").hover();
    chat.get("remove").click();
    chat.get("remove").click(); // the first press asks
    page.getByTestId("empty").waitFor();
    assertThat(page.locator("#chats li").count()).isZero();
  }

  @Test
  void showsNothingOfALinkThatLeadsElsewhere(Site site) {
    for (var src : List.of("https://evil.example/v1/responses/a", "/healthz", "/v1/models")) {
      var page = site.open("/answer#src=" + src + "&q=x");
      page.getByText("This link names no answer of this server.").waitFor();
      page.close();
    }
  }

  @Test
  void takesTheEnterOfAnInputMethodForWhatItIs(Site site) {
    site.answers(stop(script().stream().data(delta("好"))));
    var chat = site.chat();
    chat.page.locator("#model").selectOption(MODEL);
    var input = chat.get("question-input");
    input.fill("你好");
    for (var how : List.of("isComposing: true", "keyCode: 229")) {
      var sent =
          input.evaluate(
              "(e) => !e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true,"
                  + " cancelable: true, "
                  + how
                  + " }))");
      assertThat(sent).as(how).isEqualTo(false);
    }
    assertThat(chat.page.getByTestId("turn").count()).isZero();
    input.press("Shift+Enter");
    assertThat(input.inputValue()).isEqualTo("你好\n");
    input.press("Enter");
    chat.awaitStatus("completed");
    assertThat(chat.get("question").locator("p").textContent()).isEqualTo("你好");
  }

  @Test
  void isUsedByKeyboardAlone(Site site) {
    site.answers(script().stream().data(delta("On and on")).stall());
    var chat = site.chat();
    chat.page.locator("#model").selectOption(MODEL);
    chat.get("question-input").focus();
    var keys = chat.page.keyboard();
    keys.insertText("Go on");
    keys.press("Enter");
    chat.awaitShown("On and on");
    keys.press("Escape");
    chat.awaitStatus("cancelled");
    keys.press("Control+Shift+O");
    chat.get("empty").waitFor();
    keys.press("Control+K");
    chat.page.waitForFunction("() => document.activeElement.closest('#sidebar') !== null");
    keys.press("Enter");
    chat.awaitShown("On and on");
    for (int i = 0; !isFocused(chat.page, "[data-testid=again]"); i++) {
      assertThat(i).as("every control is reached by Tab").isLessThan(40);
      keys.press("Tab");
    }
    assertThat(chat.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle"))
        .isEqualTo("solid");
  }

  @Test
  void keepsTheSelectionAndThePlaceOfWhoReads(Site site) {
    var rest = new CountDownLatch(1);
    var reply = script().stream().data(delta("The first paragraph.\n\n"));
    reply.data(delta("A line.\n\n".repeat(60))).await(rest).data(delta("More.\n\n".repeat(60)));
    site.answers(stop(reply));
    var chat = site.chat().ask(MODEL, "Long");
    chat.page.waitForFunction("() => scrollY > 500"); // it follows the end
    chat.page.evaluate(
        "() => getSelection().selectAllChildren(document.querySelector('.tp-body p'))");
    chat.page.mouse().move(640, 300);
    chat.page.mouse().wheel(0, -20_000);
    chat.get("latest").waitFor();
    chat.page.waitForFunction("() => scrollY === 0");
    rest.countDown();
    chat.awaitStatus("completed");
    assertThat(chat.page.evaluate("() => getSelection().toString()"))
        .isEqualTo("The first paragraph.");
    assertThat(chat.page.evaluate("() => scrollY")).isEqualTo(0);
    chat.get("latest").click();
    chat.page.waitForFunction(
        "() => { const r = document.documentElement; return r.scrollHeight - r.clientHeight -"
            + " scrollY < 3 }");
    chat.get("latest").waitFor(HIDDEN);
  }

  @Test
  void coloursCodeAndSetsFormulas(Site site) {
    var text =
        "Let \\(a^2\\) be.\n\n"
            + "$$\\frac{1}{2}$$\n\n"
            + "```js\n"
            + "const a = '<b>';\n"
            + "```\n\n"
            + "```nosuch\n"
            + "x\n"
            + "```\n\n"
            + "End.";
    site.answers(stop(script().stream().data(delta(text))));
    var chat = site.chat().ask(MODEL, "Math").awaitStatus("completed");
    chat.page.waitForFunction("() => document.querySelectorAll('.tp-body math').length === 2");
    chat.page.locator(".tp-body .hl-keyword:text-is('const')").waitFor();
    assertThat(chat.page.locator(".tp-body code").first().textContent())
        .isEqualTo("const a = '<b>';");
    site.tabs().context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
    chat.page.locator("figure button[data-copy]").first().click();
    chat.page.waitForSelector("button[data-copy=done]");
    assertThat(chat.page.evaluate("() => navigator.clipboard.readText()"))
        .isEqualTo("const a = '<b>';");
  }

  @Test
  void fitsAtTwiceTheSizeAndSaysThatItIsOffline(Site site) {
    var chat = site.chat();
    chat.page.setViewportSize(640, 400); // 1280 by 800 at 200 %
    assertThat(ChatPage.isTooWide(chat.page)).isFalse();
    var send = chat.get("send").boundingBox();
    assertThat(send.y + send.height).isLessThanOrEqualTo(400);
    site.tabs().context().setOffline(true);
    chat.awaitConnection("offline");
    site.tabs().context().setOffline(false);
    chat.awaitConnection("ready");
  }

  private static boolean isFocused(Page page, String selector) {
    return (Boolean) page.evaluate("s => document.activeElement.matches(s)", selector);
  }
}
