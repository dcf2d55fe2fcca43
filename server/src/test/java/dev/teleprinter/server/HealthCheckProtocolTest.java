// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code GET /healthz}: green while everything turns, red with what does not. */
@Timeout(30)
class HealthCheckProtocolTest {
  private static final String ASK = "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n";

  private final CountDownLatch blocked = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  @Test
  void isGreenWhileEverythingTurns() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      var whole = client.get("/healthz").whole();
      assertThat(whole.head().status()).isEqualTo(200);
      assertThat(whole.body()).isEqualTo("ok\n");
    }
  }

  @Test
  void answersThousandsWhoAskAtOnce() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send(ASK.repeat(2000));
      for (int i = 0; i < 2000; i++) {
        assertThat(client.whole().body()).isEqualTo("ok\n");
      }
    }
  }

  @Test
  void isRedWhileALoopDoesNotTurnAndNamesIt() throws Exception {
    try (var hub = new TestHub();
        var first = hub.client();
        var second = hub.client();
        var _ = (Blocked) released::countDown) {
      blockALoop(hub, first, second);
      var answer = answerOfTheOther(first, second);
      assertThat(answer.head().status()).isEqualTo(503);
      assertThat(answer.head().header("content-type")).isEqualTo("application/problem+json");
      assertThat(answer.body()).contains("unhealthy", "tp-loop-", "does not turn");
    }
  }

  @Test
  void isGreenAgainWhenTheLoopTurnsAgain() throws Exception {
    try (var hub = new TestHub();
        var first = hub.client();
        var second = hub.client();
        var _ = (Blocked) released::countDown) {
      blockALoop(hub, first, second);
      answerOfTheOther(first, second);
      released.countDown();
      try (var third = hub.client()) {
        assertThat(third.get("/healthz").whole().head().status()).isEqualTo(200);
      }
    }
  }

  @Test
  void isRedWhileTheAppenderDoesNotComeRound() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client();
        var _ = (Blocked) released::countDown) {
      hub.journal.onAppend(_ -> block());
      hub.journal.submit(Append.to("a", Event.of("1")));
      blocked.await();
      var whole = client.get("/healthz").whole();
      assertThat(whole.head().status()).isEqualTo(503);
      assertThat(whole.body()).contains("the appender does not come round");
    }
  }

  /** Released before what waits for it is closed. */
  private interface Blocked extends AutoCloseable {
    @Override
    void close();
  }

  /** The loop of one of two clients, which have one each. */
  private void blockALoop(TestHub hub, WireClient first, WireClient second) throws Exception {
    first.get("/hello/a").whole();
    second.get("/hello/a").whole();
    hub.server.delivery().loops().get(1).loop().execute(this::block);
    blocked.await();
  }

  private void block() {
    blocked.countDown();
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Both ask; one of them is on the loop that is blocked. */
  private static WireClient.Whole answerOfTheOther(WireClient first, WireClient second)
      throws Exception {
    return (WireClient.Whole) CompletableFuture.anyOf(ask(first), ask(second)).get();
  }

  private static CompletableFuture<WireClient.Whole> ask(WireClient client) {
    var answer = new CompletableFuture<WireClient.Whole>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            answer.complete(client.get("/healthz").whole());
          } catch (IOException e) { // it was closed, as the other had answered
            answer.cancel(false);
          }
        });
    return answer;
  }
}
