// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.bench.load.Subscribers.Kind;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.mercure.MercureConfig;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import dev.teleprinter.server.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The load generator before the real server. */
class LoadProtocolTest {
  private static final int READERS = 20;
  private static final int EVENTS = 100;
  private static final int BYTES = 600; // so that chunk sizes are taken out
  private static final List<String> TOPIC = List.of("t");
  private static final LongSupplier CLOCK = () -> 0;

  private final MemoryJournal journal = new MemoryJournal(JournalConfig.defaults());
  private final Server server;
  private final LoadLoop loop = new LoadLoop();
  private final CompletableFuture<Void> failure = new CompletableFuture<>();

  LoadProtocolTest() throws IOException {
    var hub = new MercureHub(journal, MercureConfig.defaults());
    server =
        Server.start(
            ServerConfig.defaults().withPort(0),
            (_, _) -> {
              var routes = new Routes();
              hub.addRoutes(routes);
              return routes;
            },
            journal,
            new MemoryBudget(256 << 20));
  }

  @AfterEach
  void close() {
    loop.close();
    server.close();
    journal.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "HTTP2"})
  void everyReaderGetsEveryEvent(Transport transport) throws Exception {
    var readers = readers(transport, Kind.STEADY);
    await(readers.connect(READERS, _ -> TOPIC, () -> new NumberLedger(1, BYTES)));
    publish(0, EVENTS);
    awaitAll(readers, EVENTS);
    assertThat(failure).isNotDone();
  }

  @Test
  void readersThatAreDroppedComeBackForWhatTheyMissed() throws Exception {
    var readers = readers(Transport.HTTP1, Kind.RETURNING);
    await(
        readers.connect(
            READERS,
            _ -> TOPIC,
            () -> EventLedger.fromFirst(1, BYTES, EventLedger.Uncertain.NOTHING)));
    publish(0, 1);
    awaitAll(readers, 1);
    loop.call(() -> {
      readers.sendAway(0, READERS / 2);
      readers.drop(READERS / 2, READERS);
      return true;
    });
    publish(1, EVENTS);
    loop.execute(readers::callBack);
    awaitAll(readers, EVENTS);
    assertThat(loop.call(readers::returns)).isEqualTo(READERS);
    assertThat(failure).isNotDone();
  }

  @Test
  void aLostEventIsAFailure() throws Exception {
    var readers = readers(Transport.HTTP1, Kind.STEADY);
    await(readers.connect(READERS, _ -> TOPIC, () -> new NumberLedger(1, BYTES)));
    publish(1, 2);
    assertThatThrownBy(() -> await(failure)).hasMessageContaining("event 1 (expected: 0)");
  }

  private Subscribers readers(Transport transport, Kind kind) {
    var hub = new TestHub(server.port(), transport);
    return new Subscribers(loop, hub, kind, CLOCK, failure);
  }

  private void publish(int from, int to) throws Exception {
    try (var client = new PlainClient(server.port())) {
      for (int number = from; number < to; number++) {
        client.post(
            new TestHub(server.port(), Transport.HTTP1)
                .publish("t", NumberedData.of(0, number, BYTES)));
      }
    }
  }

  private void awaitAll(Subscribers readers, long events) throws Exception {
    var there = new CompletableFuture<Void>();
    loop.execute(() -> readers.whenAllHave(events, () -> there.complete(null)));
    await(there);
  }

  private static void await(CompletableFuture<Void> done) throws Exception {
    done.get(20, TimeUnit.SECONDS);
  }

  private record TestHub(int port, Transport transport) implements Hub {
    @Override
    public Ask subscribe(List<String> topics) {
      return Ask.get(MercureHub.PATH + "?topic=" + String.join("&topic=", topics));
    }

    @Override
    public Ask publish(String topic, String data) {
      var form = "topic=" + topic + "&data=" + data;
      return Ask.post(MercureHub.PATH, "application/x-www-form-urlencoded", form);
    }
  }
}
