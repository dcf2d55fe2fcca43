// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SubscribeProtocolTest {
  private static final int TICKS_MAX = 10_000;

  @Test
  void sendsHeadAndFirstBytesAtOnce() throws Exception {
    try (var hub = new TestHub();
        var reader = hub.client().get("/t/a")) {
      var head = reader.head();
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-type")).isEqualTo("text/event-stream");
      assertThat(head.header("cache-control")).isEqualTo("no-cache, no-transform");
      assertThat(head.header("x-accel-buffering")).isEqualTo("no");
      assertThat(head.header("transfer-encoding")).isEqualTo("chunked");
      assertThat(reader.chunk()).isEqualTo(":\n"); // one line feed: facts/openai-wire.md
    }
  }

  @Test
  void catchesUpAndThenTails() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "one");
      hub.append("b", "other");
      hub.append("a", "two");
      try (var reader = hub.client().get("/t/a?after=0")) {
        reader.head();
        reader.chunk();
        assertThat(reader.chunk()).isEqualTo(hub.block(1, "one"));
        assertThat(reader.chunk()).isEqualTo(hub.block(3, "two"));
        hub.append("a", "three");
        assertThat(reader.chunk()).isEqualTo(hub.block(4, "three"));
      }
    }
  }

  @Test
  void mergesSeveralTopicsBySequence() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "1");
      hub.append("b", "2");
      hub.append("a", "3");
      hub.journal.append(
          new Append(java.util.List.of("a", "b"), Event.of("4"), false, Append.IdForm.PLAIN));
      try (var reader = hub.client().get("/t/a+b?after=0")) {
        reader.head();
        reader.chunk();
        for (int i = 1; i <= 4; i++) {
          assertThat(reader.chunk()).isEqualTo(hub.block(i, "" + i));
        }
        hub.append("b", "5");
        assertThat(reader.chunk()).isEqualTo(hub.block(5, "5"));
      }
    }
  }

  /** Beyond 65,536 forgotten topics a journal no longer knows which of them a cursor is before. */
  @Test
  void tellsAReaderOfSeveralTopicsNoGapForOthersThatCameAndWent() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withHeartbeat(Duration.ofMillis(1)));
    try (var hub = new TestHub(config, JournalConfig.defaults())) {
      hub.append("a", "before");
      try (var reader = hub.client().get("/t/a+b")) {
        reader.head();
        for (int half = 0; half < 2; half++) {
          comeAndGo(hub.journal, 35_000, half);
          long latest = hub.journal.latest();
          for (int i = 0; i < TICKS_MAX && cursor(hub) < latest; i++) {
            hub.tick(); // a heartbeat, which is followed by a look at the journal
          }
        }
        long latest = hub.journal.latest();
        hub.append("a", "after");
        var next = reader.chunk();
        while (next.equals(":\n")) {
          next = reader.chunk();
        }
        assertThat(next).isEqualTo(hub.block(latest + 1, "after"));
      }
    }
  }

  private static long cursor(TestHub hub) {
    return hub.server.readers().list(1).getFirst().cursor();
  }

  /** Has topics appended to and forgotten, by some threads: each forgetting is waited for. */
  private static void comeAndGo(Journal journal, int topics, int time) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<Future<?>>();
      int each = topics / 50;
      for (int t = 0; t < 50; t++) {
        var prefix = "passing/" + time + "/" + t + "/";
        done.add(
            threads.submit(() -> {
              for (int i = 0; i < each; i++) {
                journal.append(Append.to(prefix + i, Event.of("x")));
                journal.forget(prefix + i);
              }
            }));
      }
      for (var one : done) {
        one.get();
      }
    }
  }

  @Test
  void endsTheResponseWhenTheTopicIsClosedAndKeepsTheConnection() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "one");
      try (var reader = hub.client().get("/t/a?after=0")) {
        reader.head();
        reader.chunk();
        reader.chunk();
        hub.journal.append(Append.to("a", Event.of("last")).andClose());
        assertThat(reader.chunk()).isEqualTo(hub.block(2, "last"));
        assertThat(reader.chunk()).isEmpty();
        assertThat(reader.get("/hello/again").whole().body()).isEqualTo("hello again");
        // And the connection can become a subscriber once more.
        reader.get("/t/a?after=0").head();
        reader.chunk();
        assertThat(reader.chunk()).isEqualTo(hub.block(1, "one"));
      }
    }
  }

  @Test
  void leavesIdsOutWhenAsked() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "one");
      try (var reader = hub.client().get("/t/a?after=0&ids=no")) {
        reader.head();
        reader.chunk();
        assertThat(reader.chunk()).isEqualTo("data: one\n\n");
      }
    }
  }

  @Test
  void servesHttp10WithoutChunks() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "one");
      hub.journal.append(Append.to("a", Event.of("last")).andClose());
      try (var reader = hub.client().send("GET /t/a?after=0 HTTP/1.0\r\n\r\n")) {
        var head = reader.head();
        assertThat(head.headers()).doesNotContainKey("transfer-encoding");
        assertThat(reader.rest()).isEqualTo(":\n" + hub.block(1, "one") + hub.block(2, "last"));
      }
    }
  }

  @Test
  void answersHeadWithoutABody() throws Exception {
    try (var hub = new TestHub();
        var reader = hub.client().send("HEAD /t/a HTTP/1.1\r\nHost: t\r\n\r\n")) {
      assertThat(reader.head().header("content-type")).isEqualTo("text/event-stream");
      assertThat(reader.rest()).isEmpty();
    }
  }

  @Test
  void sendsHeartbeatsOfOneLineFeedWhenIdle() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withHeartbeat(Duration.ofMillis(100)));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var reader = hub.client().get("/t/a")) {
      reader.head();
      assertThat(reader.chunk()).isEqualTo(":\n");
      assertThat(reader.chunk()).isEqualTo(":\n");
      assertThat(reader.chunk()).isEqualTo(":\n");
    }
  }

  @Test
  void endsAnOldConnectionCleanly() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withConnectionAge(Duration.ofMillis(1)));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var reader = hub.client().get("/t/a")) {
      reader.head();
      reader.chunk();
      assertThat(reader.chunk()).isEmpty();
    }
  }

  @Test
  void shedsAReaderThatTakesNothing() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withWrite(Duration.ofSeconds(1)));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var stalled = hub.client().get("/t/a?after=0")) {
      stalled.head();
      var gone = new CountDownLatch(1);
      hub.server
          .readers()
          .watch(
              "a",
              count -> {
                if (count == 0) {
                  gone.countDown();
                }
              });
      var data = "x".repeat(100_000);
      for (int i = 0; i < 300; i++) {
        hub.append("a", data);
      }
      assertThat(gone.await(15, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(stalled::rest).isInstanceOf(IOException.class);
    }
  }

  @Test
  void deliversEverythingToASlowReader() throws Exception {
    try (var hub = new TestHub();
        var slow = hub.client().get("/t/a?after=0")) {
      slow.head();
      slow.chunk();
      var data = "y".repeat(50_000);
      for (int i = 1; i <= 400; i++) {
        hub.append("a", i + data);
      }
      for (int i = 1; i <= 400; i++) {
        assertThat(slow.chunk()).isEqualTo(hub.block(i, i + data));
      }
    }
  }

  @Test
  void manyReadersOfOneTopicGetEachEventOnceTheSlowOnesToo() throws Exception {
    try (var hub = new TestHub()) {
      var readers = new ArrayList<WireClient>();
      for (int i = 0; i < 40; i++) {
        readers.add(hub.client().get("/t/a"));
        readers.getLast().head();
        readers.getLast().chunk();
      }
      var data = "w".repeat(20_000); // the sockets of those who do not read are soon full
      for (int i = 1; i <= 400; i++) {
        hub.append("a", i + data);
      }
      for (var reader : readers) {
        for (int i = 1; i <= 400; i++) {
          assertThat(reader.chunk()).isEqualTo(hub.block(i, i + data));
        }
        reader.close();
      }
    }
  }

  @Test
  void tellsASlowReaderOfAGapInTheStream() throws Exception {
    var journal = JournalConfig.defaults().withRetention(Retention.defaults().withEventsMax(10));
    try (var hub = new TestHub(ServerConfig.defaults(), journal);
        var slow = hub.client().get("/t/a?after=0")) {
      slow.head();
      slow.chunk();
      var data = "z".repeat(200_000);
      for (int i = 1; i <= 200; i++) {
        hub.append("a", i + data);
      }
      int expected = 1;
      boolean gap = false;
      while (expected <= 200) {
        var chunk = slow.chunk();
        if (chunk.contains("event: gap")) {
          gap = true;
          var epoch = hub.journal.epoch();
          int earliest =
              Integer.parseInt(chunk.split("\"earliest\":\"" + epoch + "-")[1].split("\"")[0]);
          assertThat(chunk)
              .startsWith("id: #" + epoch + "-" + (earliest - 1) + "\nevent: gap\n")
              .contains("\"requested\":\"" + epoch + "-" + (expected - 1) + "\"");
          assertThat(earliest).isGreaterThan(expected);
          expected = earliest;
        } else {
          assertThat(chunk).isEqualTo(hub.block(expected, expected + data));
          expected++;
        }
      }
      assertThat(gap).isTrue();
    }
  }

  /** Its last id is that of the gap: a next one begins there. */
  @Test
  void asksFromTheGapItWasToldWhenThereIsAnother() throws Exception {
    var journal = JournalConfig.defaults().withRetention(Retention.defaults().withEventsMax(10));
    try (var hub = new TestHub(ServerConfig.defaults(), journal)) {
      for (int i = 1; i <= 24; i++) {
        hub.append("a", "x");
      }
      try (var reader = hub.client().get("/t/a?after=5&told=8")) {
        reader.head();
        reader.chunk();
        assertThat(reader.chunk())
            .contains("event: gap")
            .contains("\"requested\":\"" + hub.journal.epoch() + "-8\"");
      }
    }
  }

  @Test
  void countsReadersAsTheyComeAndGo() throws Exception {
    try (var hub = new TestHub()) {
      var counts = new LinkedBlockingQueue<Integer>();
      hub.server.readers().watch("a", counts::add);
      var one = hub.client().get("/t/a");
      one.head();
      assertThat(counts.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
      var two = hub.client().get("/t/a+b");
      two.head();
      assertThat(counts.poll(10, TimeUnit.SECONDS)).isEqualTo(2);
      one.reset();
      assertThat(counts.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
      two.close();
      assertThat(counts.poll(10, TimeUnit.SECONDS)).isEqualTo(0);
      hub.server.readers().unwatch("a");
      assertThat(hub.server.readers().count("a")).isZero();
    }
  }

  @Test
  void letsReadersGoWhenItStops() throws Exception {
    try (var hub = new TestHub();
        var reader = hub.client().get("/t/a")) {
      reader.head();
      reader.chunk();
      hub.server.close();
      assertThat(reader.chunk()).isEmpty();
      assertThat(reader.rest()).isEmpty();
    }
  }
}
