// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static dev.teleprinter.tests.ChatScript.MODEL;
import static dev.teleprinter.tests.ChatScript.delta;
import static dev.teleprinter.tests.ChatScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** More tabs with the chat page than HTTP/1.1 has connections for: six to a site. */
@Timeout(120)
@ExtendWith(Chromium.class)
class ChatTabsIT {
  private static final int TABS = 7;

  @Test
  void allShowTheSameAnswerOverOneConnection(Site site) {
    var rest = new CountDownLatch(1);
    var reply =
        script().stream().data(delta("One, two, ")).await(rest).data(delta("three 👩‍💻, "));
    site.answers(stop(reply.data(delta("four."))));
    var streams = new AtomicInteger();
    site.tabs()
        .context()
        .onRequest(request -> {
          if (request.url().contains("stream=true")) {
            streams.incrementAndGet();
          }
        });
    var tabs = new ArrayList<ChatPage>();
    tabs.add(site.chat().ask(MODEL, "Count").awaitShown("One, two,"));
    while (tabs.size() < TABS) {
      var place = URI.create(tabs.getFirst().page.url());
      tabs.add(new ChatPage(site.tabs().open(place)).awaitShown("One, two,"));
    }
    assertThat(streams).hasValue(1);
    for (var tab : tabs) {
      assertThat(tab.page.evaluate("async () => (await fetch('/healthz')).status")).isEqualTo(200);
    }
    tabs.removeFirst().page.close(); // which has the connection
    tabs.getLast().page.reload();
    new ChatPage(tabs.getLast().page).awaitShown("One, two,");
    rest.countDown();
    for (var tab : tabs) {
      tab.awaitStatus("completed");
      assertThat(tab.text()).isEqualTo("One, two, three 👩‍💻, four.");
      assertThat(tab.shown()).isEqualTo(tab.text());
    }
    assertThat(streams).as("one after the other").hasValueLessThan(4);
  }

  @Test
  void sayWhyTheSeventhOneWaits(Site site) {
    var seventh = site.chat();
    seventh.page.evaluate(
        "() => { globalThis.streams = Array.from({ length: 6 }, () => new"
            + " EventSource('/doctor/silence')) }");
    seventh.page.waitForFunction("() => streams.every((s) => s.readyState === 1)");
    seventh.ask("demo", "hi");
    seventh.page.getByText("close one: a browser opens only six").waitFor();
    seventh.page.evaluate("() => streams.forEach((s) => s.close())");
    seventh.awaitShown("Hello!");
  }
}
