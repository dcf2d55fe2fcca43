// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The hub as a browser's own EventSource sees it (WHATWG HTML 9.2). */
@Timeout(120)
@ExtendWith(Chromium.class)
class EventSourceIT {
  private static final String HUB = "/.well-known/mercure";

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
  void getsExactlyWhatCurlPublished(Tabs tabs) throws Exception {
    var page = listen(tabs, teleprinter.url(HUB), "topic=exact", "poem");
    page.waitForFunction("() => source.readyState === 1");
    var data = " one 👨‍👩‍👧\n\n三行, \\ \"three\": lines ";
    Api.curl(
        teleprinter.url(HUB), "topic=exact", "id=é 你 7", "type=poem", "retry=1234", "data=" + data);
    Api.curl(teleprinter.url(HUB), "topic=exact", "data=");
    page.waitForFunction("() => events.length === 2");
    var events = events(page);
    assertThat(events.getFirst())
        .containsEntry("type", "poem")
        .containsEntry("data", data)
        .containsEntry("id", "é 你 7");
    assertThat(events.getLast()).containsEntry("type", "message").containsEntry("data", "");
    assertThat(events.getLast().get("id")).matches("#.+-\\d+");
  }

  @Test
  void losesNothingThroughAConnectionThatBreaksAnywhere(Tabs tabs) throws Exception {
    tabs.allow("Failed to load resource");
    long seed = 20_261_122;
    try (var proxy = new CuttingProxy(teleprinter.port(), seed)) {
      Api.curl(teleprinter.url(HUB), "topic=cut", "id=n0", "retry=20", "data=0");
      var page = listen(tabs, proxy.url(HUB), "topic=cut&last_event_id=earliest");
      page.waitForFunction("() => events.length === 1");
      proxy.cutBefore(900);
      for (int i = 1; i <= 60; i++) {
        Api.curl(
            teleprinter.url(HUB), "topic=cut", "id=n" + i, "retry=20", "data=" + "字".repeat(i) + i);
      }
      page.waitForFunction("() => events.at(-1).id === 'n60'");
      assertThat(events(page).stream().map(event -> event.get("id")))
          .as("seed %d", seed)
          .containsExactlyElementsOf(IntStream.rangeClosed(0, 60).mapToObj(i -> "n" + i).toList());
      assertThat(events(page).getLast()).containsEntry("data", "字".repeat(60) + 60);
      assertThat(proxy.cuts()).isGreaterThan(5);
      page.evaluate("() => source.close()");
    }
  }

  @Test
  void isSentAwayFromAClosedTopic(Tabs tabs) throws Exception {
    var page = listen(tabs, teleprinter.url(HUB), "topic=closing");
    page.waitForFunction("() => source.readyState === 1");
    Api.curl(teleprinter.url(HUB), "topic=closing", "retry=10", "data=last words", "close=1");
    page.waitForFunction("() => source.readyState === 2");
    assertThat(events(page)).hasSize(1).first().extracting("data").isEqualTo("last words");
    assertThat(page.evaluate("() => errors"))
        .isEqualTo(List.of(0, 2)); // ended, tried again, sent away
  }

  @Test
  void isToldOfAGap(Tabs tabs) throws Exception {
    Api.curl(teleprinter.url(HUB), "topic=gapped", "id=known", "data=kept");
    var page = listen(tabs, teleprinter.url(HUB), "topic=gapped&last_event_id=long-gone", "gap");
    page.waitForFunction("() => events.length === 2");
    var events = events(page);
    assertThat(events.getFirst()).containsEntry("type", "gap");
    assertThat(events.getFirst().get("data")).contains("\"requested\":\"long-gone\"");
    assertThat(events.getLast()).containsEntry("data", "kept").containsEntry("id", "known");
  }

  /** A page of the hub's origin that listens to it. */
  private static Page listen(Tabs tabs, URI hub, String query, String... types) {
    var page = tabs.open(hub.resolve("/healthz"));
    page.evaluate(
        """
        ([url, ...types]) => {
          globalThis.events = [];
          globalThis.errors = [];
          globalThis.source = new EventSource(url);
          for (const type of ['message', ...types]) {
            source.addEventListener(type, ({ type, data, lastEventId: id }) => events.push({ type, data, id }));
          }
          source.addEventListener('error', () => errors.push(source.readyState));
        }\
        """,
        IntStream.rangeClosed(0, types.length)
            .mapToObj(i -> i == 0 ? hub + "?" + query : types[i - 1])
            .toList());
    return page;
  }

  @SuppressWarnings("unchecked") // what listen() put there
  private static List<Map<String, String>> events(Page page) {
    return (List<Map<String, String>>) page.evaluate("() => events");
  }
}
