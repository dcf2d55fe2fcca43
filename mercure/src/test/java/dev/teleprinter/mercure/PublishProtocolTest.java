// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Appended;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.LocalAccess;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import dev.teleprinter.server.ServerConfig;
import dev.teleprinter.server.WireClient;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Publications over sockets, all on one event loop, while the journal is slow. */
@Timeout(30)
class PublishProtocolTest {
  private static final String FORM = "Content-Type: application/x-www-form-urlencoded";
  private static final JournalConfig SMALL_QUEUE =
      JournalConfig.defaults().withFrameBytesMax(2048).withQueuedBytesMax(3 << 10); // four of them

  private final MercureConfig config =
      MercureConfig.defaults().withAccess(new LocalAccess(true, List.of()));
  private final MemoryJournal journal = new MemoryJournal(SMALL_QUEUE);
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch slow = new CountDownLatch(1);
  private Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        Server.start(
            ServerConfig.defaults().withPort(0).withLoops(1),
            (_, _) -> {
              var routes = new Routes();
              new MercureHub(journal, config).addRoutes(routes);
              return routes;
            },
            journal,
            new MemoryBudget(256 << 20));
  }

  @AfterEach
  void close() throws IOException {
    gate.countDown();
    server.close();
    journal.close();
  }

  /** The appender's own thread makes a batch visible, then waits with it for the gate. */
  private void slowDown() throws Exception {
    journal.onAppend(_ -> {
      slow.countDown();
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    journal.submit(Append.to("slow", Event.of("0"))); // not from an event loop, which would help
    slow.await();
  }

  private WireClient client() throws IOException {
    return new WireClient(server.port());
  }

  private static WireClient publish(WireClient client, String topic, String data)
      throws IOException {
    return client.post(MercureHub.PATH, "topic=" + topic + "&data=" + data, FORM);
  }

  private List<String> data(String topic) {
    return journal.list(topic, 0, 10_000).stream().map(kept -> kept.event().data()).toList();
  }

  @Test
  void keepsTheOrderOfAConnection() throws Exception {
    int count = 500;
    try (var client = client()) {
      var expected = new ArrayList<String>();
      for (int i = 0; i < count; i++) {
        // A publisher's own id takes a thread: it is not overtaken.
        publish(client, "a" + (i % 7 == 3 ? "&id=own-" + i : ""), String.valueOf(i));
        expected.add(String.valueOf(i));
      }
      for (int i = 0; i < count; i++) {
        var own = "#" + journal.epoch() + "-" + (i + 1);
        assertThat(client.whole().body()).isEqualTo(i % 7 == 3 ? "own-" + i : own);
      }
      assertThat(data("a")).isEqualTo(expected);
    }
  }

  @Test
  void refusesWhatAFullQueueHasNoRoomForAndKeepsTheRest() throws Exception {
    slowDown();
    try (var early = publish(client(), "a", "early"); // may come before the queue is full
        var late = client()) {
      var filling = new ArrayList<CompletableFuture<Appended>>();
      var filler = Append.to("full", Event.of("x"));
      for (var next = journal.trySubmit(filler);
          next.isPresent();
          next = journal.trySubmit(filler)) {
        filling.add(next.get());
      }
      var answer = publish(late, "a", "late").whole();
      assertThat(answer.head().status()).isEqualTo(429);
      assertThat(answer.head().header("retry-after")).isEqualTo("1");
      assertThat(answer.body()).contains("queue_full");
      gate.countDown();
      boolean kept = early.whole().head().status() == 200;
      filling.forEach(CompletableFuture::join);
      assertThat(data("full")).hasSameSizeAs(filling);
      assertThat(data("a")).isEqualTo(kept ? List.of("early") : List.of());
      assertThat(publish(late, "a", "again").whole().head().status()).isEqualTo(200);
    }
  }

  @Test
  void servesOthersWhileAPublicationWaits() throws Exception {
    slowDown();
    try (var publisher = publish(client(), "a", "1");
        var reader = client();
        var other = client()) {
      assertThat(reader.get(MercureHub.PATH + "?topic=b").head().status()).isEqualTo(200);
      assertThat(other.get(MercureHub.PATH).whole().body()).contains("topic_missing");
      gate.countDown();
      assertThat(publisher.whole().head().status()).isEqualTo(200);
    }
  }

  @Test
  void keepsThePublicationOfWhoeverLeavesBeforeTheAnswer() throws Exception {
    slowDown();
    var leaver = publish(client(), "a", "1");
    try (var stayer = client()) {
      while (stayer.get(MercureHub.PATH).whole().head().status() != 400
          || server.connections() < 2) {
        Thread.onSpinWait(); // until the leaver's is accepted too
      }
      leaver.reset();
      while (server.connections() > 1) {
        Thread.onSpinWait();
      }
      publish(stayer, "a", "2");
      gate.countDown();
      assertThat(stayer.whole().head().status()).isEqualTo(200);
      assertThat(data("a")).endsWith("2");
    }
  }
}
