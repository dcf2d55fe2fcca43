// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A plain page with nothing but {@code resume.js}, reloaded in the middle of a stream. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ReloadIT {
  private static final int WORDS = 120;
  private static final int WORDS_EACH = 30;
  private static final String READ =
      """
      document.addEventListener('DOMContentLoaded', async () => {
        const { ResumedTeleprinter } = await import('/resume.js');
        globalThis.reader = new ResumedTeleprinter('/.well-known/mercure?topic=long&last_event_id=earliest',
          { key: 'long', types: ['end'], isLast: ({ type }) => type === 'end' });
        globalThis.before = reader.text;
      })\
      """;

  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() {
    teleprinter = RunningTeleprinter.start();
  }

  @AfterAll
  static void end() {
    teleprinter.close();
  }

  @Test
  void goesOnWithoutLosingACharacterOrShowingOneTwice(Tabs tabs) throws Exception {
    tabs.context().addInitScript(READ);
    var permits = new Semaphore(0);
    var publisher = CompletableFuture.runAsync(() -> publish(permits));
    permits.release(WORDS_EACH);
    var page = tabs.open(teleprinter.url("/answer"));
    for (int reload = 1; reload <= 3; reload++) {
      awaitWord(page, (reload - 1) * WORDS_EACH + 10);
      page.reload(); // more is published meanwhile
      page.waitForFunction("() => globalThis.reader");
      assertThat((String) page.evaluate("() => before")).as("reload " + reload).contains("<9>");
      permits.release(WORDS_EACH);
    }
    publisher.join();
    page.waitForFunction("() => reader.state.name === 'closed'");
    var whole = IntStream.range(0, WORDS).mapToObj(ReloadIT::word).collect(Collectors.joining());
    assertThat(page.evaluate("() => reader.text")).isEqualTo(whole);
    assertThat(page.evaluate("() => sessionStorage.length")).isEqualTo(0);
  }

  private static void publish(Semaphore permits) {
    var hub = teleprinter.url("/.well-known/mercure");
    for (int i = 0; i < WORDS; i++) {
      permits.acquireUninterruptibly();
      Api.publish(hub, "topic=long", "data=" + word(i));
    }
    Api.publish(hub, "topic=long", "type=end", "data=", "close=1");
  }

  private static String word(int i) {
    return "<" + i + ">字👍🏽 ";
  }

  private static void awaitWord(Page page, int i) {
    page.waitForFunction("word => globalThis.reader?.text.includes(word)", word(i));
  }
}
