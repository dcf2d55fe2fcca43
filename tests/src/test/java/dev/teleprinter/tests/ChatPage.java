// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import java.net.URI;
import java.util.List;

/** The chat page as its user sees it; all is about the last answer. Confined to one thread. */
final class ChatPage {
  /** The last answer, in the page's own language. */
  static final String LAST = "[...document.querySelectorAll('teleprinter-text')].at(-1)";

  final Page page;

  ChatPage(Page page) {
    this.page = page;
    page.waitForCondition(() -> page.locator("#model option").count() > 0);
  }

  ChatPage ask(String model, String question) {
    page.locator("#model").selectOption(model);
    page.getByTestId("question-input").fill(question);
    page.getByTestId("question-input").press("Enter");
    return this;
  }

  /** All the text received. */
  String text() {
    return (String) page.evaluate("() => " + LAST + "?.text ?? ''");
  }

  /** What stands there. */
  String shown() {
    return (String)
        page.evaluate("() => " + LAST + "?.querySelector('.tp-body').textContent ?? ''");
  }

  /** What stands there, tags and all. */
  String html() {
    return (String) page.evaluate("() => " + LAST + ".querySelector('.tp-body').innerHTML");
  }

  /** Where the answer is read. */
  URI source() {
    return URI.create(
        (String)
            page.evaluate(
                "() => new URL(" + LAST + ".getAttribute('src'), document.baseURI).href"));
  }

  ChatPage awaitShown(String text) {
    page.waitForFunction(
        "text => " + LAST + "?.querySelector('.tp-body')?.textContent.includes(text)", text);
    return this;
  }

  /** Waits until the answer has ended so, and all of it stands there. */
  ChatPage awaitStatus(String status) {
    page.waitForSelector("[data-testid=turn]:last-child [data-status=" + status + "]");
    page.waitForFunction("() => !document.querySelector('.turn .tp-caret:not([hidden])')");
    return this;
  }

  ChatPage awaitConnection(String state) {
    page.waitForSelector("[data-testid=connection][data-state=" + state + "]");
    return this;
  }

  Locator get(String testId) {
    return page.getByTestId(testId).last();
  }

  /** Remembers what is on the page at each frame from now on, once for each text. */
  ChatPage film() {
    page.evaluate(
        """
        () => {
          const frames = (globalThis.frames = []);
          const look = () => {
            const text = [...document.querySelectorAll('.tp-body')].at(-1)?.textContent ?? '';
            if (text !== frames.at(-1)) frames.push(text);
            requestAnimationFrame(look);
          };
          look();
        }\
        """);
    return this;
  }

  /** The film so far. */
  List<String> frames() {
    var frames = (List<?>) page.evaluate("() => globalThis.frames");
    return frames.stream().map(String.class::cast).toList();
  }

  /** Whether something can only be reached by scrolling sideways. */
  static boolean isTooWide(Page page) {
    return (Boolean) page.evaluate("() => document.documentElement.scrollWidth > screen.width");
  }
}
