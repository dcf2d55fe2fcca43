// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tabs that read the same over one connection. */
@Timeout(120)
@ExtendWith(Chromium.class)
class SharedConnectionIT {
  private static RunningTeleprinter teleprinter;
  private static URI hub;

  @BeforeAll
  static void start() {
    teleprinter = RunningTeleprinter.start();
    hub = teleprinter.url("/.well-known/mercure");
  }

  @AfterAll
  static void end() {
    teleprinter.close();
  }

  @Test
  void isHeldByOneTabAndGoesToAnotherWhenThatLeaves(Tabs tabs) throws Exception {
    var connections = count(tabs);
    Api.curl(hub, "topic=shared", "data=0");
    var first = read(tabs, "earliest");
    awaitLast(first, "0");
    var second = read(tabs, "earliest"); // gets from the first tab what came before it
    var third = read(tabs, "earliest");
    awaitLast(second, "0");
    awaitLast(third, "0");
    for (int i = 1; i <= 20; i++) {
      Api.curl(hub, "topic=shared", "data=" + i);
    }
    awaitLast(third, "20");
    assertThat(connections).hasValue(1);
    first.close();
    Api.curl(hub, "topic=shared", "data=21");
    awaitLast(second, "21");
    awaitLast(third, "21");
    assertThat(connections).hasValue(2);
    var all =
        IntStream.rangeClosed(0, 21).mapToObj(String::valueOf).collect(Collectors.joining(","));
    assertThat(second.evaluate("() => got.join()")).isEqualTo(all);
    assertThat(third.evaluate("() => got.join()")).isEqualTo(all);
  }

  @Test
  void isNotSharedWithATabThatWantsWhatTheOthersNeverHad(Tabs tabs) throws Exception {
    var connections = count(tabs);
    Api.curl(hub, "topic=late", "id=a", "data=a");
    Api.curl(hub, "topic=late", "id=b", "data=b");
    var late = read(tabs, "a", "late");
    awaitLast(late, "b");
    var early = read(tabs, "earliest", "late");
    awaitLast(early, "b");
    assertThat(early.evaluate("() => got.join()")).isEqualTo("a,b");
    assertThat(connections).hasValue(2);
  }

  @Test
  void leavesRoomForOtherRequestsInSevenTabsAndLosesNothingWhenTheLeaderLeaves(Tabs tabs) {
    var connections = count(tabs);
    Api.publish(hub, "topic=seven", "data=0");
    var all = new ArrayList<Page>();
    for (int i = 0; i < 7; i++) {
      all.add(read(tabs, "earliest", "seven"));
    }
    all.forEach(page -> awaitLast(page, "0"));
    assertThat(connections).hasValue(1);
    // Over HTTP/1.1 a browser has six connections: with a stream in each tab this would wait.
    for (var page : all) {
      assertThat(page.evaluate("async () => (await fetch('/healthz')).status")).isEqualTo(200);
    }
    var publisher =
        CompletableFuture.runAsync(() -> {
          for (int i = 1; i <= 300; i++) {
            Api.publish(hub, "topic=seven", "data=" + i);
          }
        });
    awaitLater(all.getLast(), 50);
    all.removeFirst().close(); // the one that holds the connection, in the middle
    awaitLater(all.getLast(), 150);
    all.removeFirst().close(); // and the next
    publisher.join();
    var whole =
        IntStream.rangeClosed(0, 300).mapToObj(String::valueOf).collect(Collectors.joining(","));
    for (var page : all) {
      awaitLast(page, "300");
      assertThat(page.evaluate("() => got.join()")).isEqualTo(whole);
    }
    assertThat(connections.get()).isBetween(2, 3);
  }

  /** Counts the streams that the tabs ask for. */
  private static AtomicInteger count(Tabs tabs) {
    var count = new AtomicInteger();
    tabs.context()
        .onRequest(request -> {
          if (request.url().contains("mercure?")) {
            count.incrementAndGet();
          }
        });
    return count;
  }

  private static Page read(Tabs tabs, String cursor) {
    return read(tabs, cursor, "shared");
  }

  private static Page read(Tabs tabs, String cursor, String topic) {
    var page = tabs.open(teleprinter.url("/answer"));
    page.evaluate(
        """
        async ([topic, cursor]) => {
          const { Teleprinter } = await import('/teleprinter.js');
          const { SharedEventSource } = await import('/shared-event-source.js');
          globalThis.got = [];
          const reader = new Teleprinter(`/.well-known/mercure?topic=${topic}`,
            { EventSource: SharedEventSource, cursor });
          reader.addEventListener('event', ({ detail }) => got.push(detail.data));
        }\
        """,
        List.of(topic, cursor));
    return page;
  }

  private static void awaitLater(Page page, int data) {
    page.waitForFunction("data => Number(got.at(-1)) >= data", data);
  }

  private static void awaitLast(Page page, String data) {
    page.waitForFunction("data => got.at(-1) === data", data);
  }
}
