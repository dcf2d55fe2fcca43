// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static dev.teleprinter.server.Http2Wire.CANCEL;
import static dev.teleprinter.server.Http2Wire.CONTINUATION;
import static dev.teleprinter.server.Http2Wire.DATA;
import static dev.teleprinter.server.Http2Wire.END_HEADERS;
import static dev.teleprinter.server.Http2Wire.END_STREAM;
import static dev.teleprinter.server.Http2Wire.HEADERS;
import static dev.teleprinter.server.Http2Wire.NO_ERROR;
import static dev.teleprinter.server.Http2Wire.PING;
import static dev.teleprinter.server.Http2Wire.RST_STREAM;
import static dev.teleprinter.server.Http2Wire.SETTINGS;
import static dev.teleprinter.server.Http2Wire.SETTINGS_TIMEOUT;
import static dev.teleprinter.server.Http2Wire.block;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.server.ServerConfig.Timeouts;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One test for each row of the table "HTTP/2" under "Deadlines" in docs/operations.md. */
@Timeout(60)
class Http2DeadlineProtocolTest {
  private static final Duration SHORT = Duration.ofMillis(400);
  private static final Duration LONG = Duration.ofHours(1);

  /** What is under test is short, all else an hour: a close can have one reason only. */
  private static TestHub hub(Duration request, Duration keepAlive, Duration write)
      throws IOException {
    var timeouts = new Timeouts(request, keepAlive, LONG, write, LONG, Duration.ofSeconds(5));
    return new TestHub(ServerConfig.defaults().withTimeouts(timeouts), JournalConfig.defaults());
  }

  private static TestHub shortRequest() throws IOException {
    return hub(SHORT, LONG, LONG);
  }

  /** A peer's own slowness. */
  private static void pace(Duration time) throws InterruptedException {
    assertThat(new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
  }

  private static void assertGone(TestHub hub) {
    while (hub.server.connections() > 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void halfAPreface() throws Exception {
    try (var hub = shortRequest();
        var client = hub.client().send("PRI * HTTP/2.0\r\n\r\nSM")) {
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void prefaceWithoutSettings() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).preface().flush()) {
      assertThat(client.goneWith()).isEqualTo(SETTINGS_TIMEOUT);
      assertGone(hub);
    }
  }

  @Test
  void settingsThatAreNotAcknowledged() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).preface().settings().flush()) {
      client.get(1, "/hello/x");
      assertThat(client.answer(1).body()).isEqualTo("hello x");
      assertThat(client.goneWith()).isEqualTo(SETTINGS_TIMEOUT);
    }
  }

  @Test
  void halfAFrameHead() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.bytes((byte) 0, (byte) 0).flush();
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
    }
  }

  @Test
  void halfAFrame() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.bytes(Http2Wire.head(8, PING, 0, 0)).bytes((byte) 1).flush();
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
    }
  }

  @Test
  void halfAHeaderBlock() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.headers(1, END_STREAM, block(":method", "GET", ":path", "/hello/x")).flush();
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
    }
  }

  @Test
  void headerBlockInManyPiecesHasOneDeadlineForAll() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.headers(1, END_STREAM, block(":method", "GET", ":path", "/hello/x")).flush();
      for (int i = 0; i < 12 && hub.server.connections() > 0; i++) {
        pace(SHORT.dividedBy(4));
        client.frame(CONTINUATION, 0, 1).flush();
      }
      assertThat(hub.server.connections()).isZero();
    } catch (SocketException e) {
      assertThat(e).as("it was closed while this client wrote").isNotNull();
    }
  }

  @Test
  void halfABodyEndsItsStreamOnly() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/echo").data(1, false, "half");
      var reset = client.next(RST_STREAM);
      assertThat(reset.stream()).isEqualTo(1);
      assertThat(reset.error()).isEqualTo(CANCEL);
      client.get(3, "/hello/x");
      assertThat(client.answer(3).body()).isEqualTo("hello x");
    }
  }

  @Test
  void headersWithoutABodyEndTheirStreamOnly() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/echo");
      assertThat(client.next(RST_STREAM).stream()).isEqualTo(1);
    }
  }

  @Test
  void aBodyThatIsTakenAsItComesMayPause() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start();
        var other = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/stream").data(1, false, "one ");
      other.post(1, "/echo").data(1, false, "half");
      assertThat(other.next(RST_STREAM).stream()).isEqualTo(1); // that one's time was over
      other.post(3, "/echo").data(3, false, "half");
      assertThat(other.next(RST_STREAM).stream()).isEqualTo(3);
      client.data(1, true, "two");
      assertThat(client.answer(1).body()).isEqualTo("one two");
    }
  }

  @Test
  void aBodyThatMovesHasTime() throws Exception {
    try (var hub = hub(Duration.ofSeconds(1), LONG, LONG);
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/echo");
      for (int i = 0; i < 4; i++) {
        client.data(1, false, "x");
        pace(Duration.ofMillis(400));
      }
      client.data(1, true, "x");
      assertThat(client.answer(1).body()).isEqualTo("xxxxx");
    }
  }

  @Test
  void idleWithoutStreams() throws Exception {
    try (var hub = hub(LONG, SHORT, LONG);
        var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/hello/x");
      assertThat(client.answer(1).body()).isEqualTo("hello x");
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
      assertGone(hub);
    }
  }

  @Test
  void pingsDoNotKeepAnIdleConnection() throws Exception {
    try (var hub = hub(LONG, SHORT, LONG);
        var client = new Http2Wire(hub.server.port()).start()) {
      long begun = System.nanoTime();
      try {
        while (client.frame(PING, 0, 0, new byte[8]).flush().next() != null) {
          pace(Duration.ofMillis(20));
        }
      } catch (SocketException e) {
        assertThat(e).as("it was closed while this client wrote").isNotNull();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void aSubscriberKeepsItsConnection() throws Exception {
    try (var hub = hub(SHORT, SHORT, LONG);
        var reader = new Http2Wire(hub.server.port()).start();
        var idle = new Http2Wire(hub.server.port()).start()) {
      reader.get(1, "/t/a?after=0");
      reader.next(DATA);
      assertThat(idle.goneWith()).isEqualTo(NO_ERROR);
      hub.append("a", "late");
      assertThat(reader.next(DATA).text()).isEqualTo(hub.block(1, "late"));
    }
  }

  @Test
  void aReplyThatIsNotTakenAndNothingElseEndsTheConnection() throws Exception {
    try (var hub = hub(LONG, LONG, SHORT);
        var client = new Http2Wire(hub.server.port()).start(4, 0)) { // no window, RFC 9113 6.5.2
      client.get(1, "/hello/x");
      assertThat(client.next(HEADERS).stream()).isEqualTo(1);
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
      assertGone(hub);
    }
  }

  @Test
  void aReplyThatIsNotTakenEndsItsStreamOnlyBesideOthers() throws Exception {
    try (var hub = hub(LONG, LONG, SHORT);
        var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/t/a?after=0");
      client.next(DATA);
      client.settings(4, 0).flush();
      client.get(3, "/hello/x");
      var reset = client.next(RST_STREAM);
      assertThat(reset.stream()).isEqualTo(3);
      assertThat(reset.error()).isEqualTo(CANCEL);
      client.windowUpdate(1, 1_000).flush();
      hub.append("a", "late");
      assertThat(client.next(DATA).text()).isEqualTo(hub.block(1, "late"));
    }
  }

  @Test
  void aReplyThatIsTakenSlowlyIsKept() throws Exception {
    try (var hub = hub(LONG, LONG, Duration.ofSeconds(1));
        var client = new Http2Wire(hub.server.port()).start(4, 0)) {
      client.get(1, "/hello/x");
      client.next(HEADERS);
      var body = new StringBuilder();
      for (int i = 0; i < 7; i++) {
        pace(Duration.ofMillis(400));
        client.windowUpdate(1, 1).flush();
        body.append(client.next(DATA).text());
      }
      assertThat(body).hasToString("hello x");
    }
  }

  @Test
  void anEndThatIsNotTakenIsAReplyToo() throws Exception {
    try (var hub = hub(LONG, LONG, SHORT);
        var client = new Http2Wire(hub.server.port()).start(4, 0)) {
      client.get(1, "/t/a?after=0");
      client.next(HEADERS);
      hub.journal.close("a");
      assertThat(client.goneWith()).isEqualTo(NO_ERROR);
    }
  }

  @Test
  void theRestOfABodyAfterTheResponse() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/ignore").data(1, false, "half");
      assertThat(client.answer(1).body()).isEqualTo("ignored");
      var reset = client.next(RST_STREAM);
      assertThat(reset.stream()).isEqualTo(1);
      assertThat(reset.error()).isEqualTo(NO_ERROR);
      for (int i = 0; i < 20; i++) {
        client.data(1, false, "on its way when the reset came");
      }
      client.get(3, "/hello/x");
      assertThat(client.next(HEADERS).stream()).as("no error of stream 1").isEqualTo(3);
    }
  }

  @Test
  void aConnectionOverTheLimitIsAnsweredAndClosed() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withLimits(config.limits().withConnectionsMax(1));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var first = new Http2Wire(hub.server.port()).start()) {
      first.next(SETTINGS);
      try (var client = new Http2Wire(hub.server.port()).start()) {
        client.get(1, "/hello/x");
        var answer = client.answer(1);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.body()).contains("too_many_connections");
        client.rest();
      }
      try (var silent = new Http2Wire(hub.server.port()).start()) {
        assertThat(silent.goneWith()).isEqualTo(NO_ERROR);
      }
    }
  }

  @Test
  void aRefusedConnectionTakesNobodysPlace() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withLimits(config.limits().withConnectionsMax(2));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var first = new Http2Wire(hub.server.port()).start()) {
      first.next(SETTINGS);
      var second = new Http2Wire(hub.server.port()).start();
      second.next(SETTINGS);
      try (var refused = new Http2Wire(hub.server.port()).start()) {
        refused.next(SETTINGS);
        while (hub.server.connections() < 3) { // its SETTINGS may be here before it is counted
          Thread.onSpinWait();
        }
        second.close();
        while (hub.server.connections() > 2) {
          Thread.onSpinWait();
        }
        try (var third = new Http2Wire(hub.server.port()).start()) {
          third.get(1, "/hello/x");
          assertThat(third.answer(1).status()).isEqualTo(200);
        }
      }
    }
  }

  @Test
  void aPeerThatSaysGoAwayAndStays() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/hello/x");
      assertThat(client.answer(1).body()).isEqualTo("hello x");
      client.frame(Http2Wire.GOAWAY, 0, 0, new byte[8]).flush();
      client.rest();
      assertGone(hub);
    }
  }

  @Test
  void aStoppingServerAnswersThenSaysGoAway() throws Exception {
    var hub = new TestHub();
    try (var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/wait").next(SETTINGS);
      client.frame(PING, 0, 0, new byte[8]).flush().next(PING); // the request is taken
      var stopping = Thread.ofVirtual().start(hub.server::close);
      assertThat(client.next(Http2Wire.GOAWAY).error()).isEqualTo(NO_ERROR);
      hub.held.countDown();
      assertThat(client.answer(1).body()).isEqualTo("waited");
      client.rest();
      stopping.join();
    } finally {
      hub.close();
    }
  }

  @Test
  void headersThatEndTheBlockAreNoHalfBlock() throws Exception {
    try (var hub = shortRequest();
        var client = new Http2Wire(hub.server.port()).start();
        var other = new Http2Wire(hub.server.port()).preface().flush()) {
      client.headers(1, END_STREAM, block(":method", "GET", ":path", "/hello/x"));
      client.frame(CONTINUATION, END_HEADERS, 1).flush();
      assertThat(client.answer(1).body()).isEqualTo("hello x");
      assertThat(other.goneWith()).isEqualTo(SETTINGS_TIMEOUT); // the time is over
      client.get(3, "/hello/y");
      assertThat(client.answer(3).body()).isEqualTo("hello y");
    }
  }
}
