// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import dev.teleprinter.tests.EventWire;
import dev.teleprinter.tests.hostile.UnfitUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients of every kind, for as long as the soak lasts: publishers and readers of topics that end,
 * answers, visitors, readers that never read, large bodies. Each checks what it gets; when the
 * server is away, each comes back as a good client does. Thread-safe.
 */
final class SoakLoad {
  private static final String HUB = "/.well-known/mercure";
  private static final int TOPIC_EVENTS = 500; // then it is closed, and the next one begins
  private static final long EVENT_NANOS = 20_000_000;
  private static final long AWAY_NANOS = 100_000_000;

  private final SoakedServer server;
  private final SoakLedger ledger;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  private interface Client {
    void work(int number) throws IOException;
  }

  SoakLoad(SoakedServer server, SoakLedger ledger) {
    this.server = server;
    this.ledger = ledger;
  }

  void start() {
    begin("pair", 10, this::topic);
    begin("answer", 20, this::answer);
    begin("visitor", 4, this::visit);
    begin("sleeper", 20, this::sleep);
    begin("body", 2, this::largeBody);
  }

  private void begin(String name, int count, Client client) {
    for (int i = 0; i < count; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .name(name + "-" + i)
              .start(() -> {
                while (!stopping) {
                  work(name, client, number);
                }
              }));
    }
  }

  private void work(String name, Client client, int number) {
    int life = server.lives();
    try {
      client.work(number);
    } catch (IOException e) {
      LockSupport.parkNanos(AWAY_NANOS);
      if (server.lives() == life && server.isAlive() && !stopping) {
        ledger.count(name + ", cut"); // also those that a restart cuts before it is counted
      }
    } catch (RuntimeException e) {
      ledger.fault(name + " " + number + ": " + e);
    }
  }

  /** Ends it; waits until all topics are read to their ends. */
  void stop() throws InterruptedException {
    stopping = true;
    for (var thread : threads) {
      if (!thread.getName().startsWith("sleeper")
          && !thread.join(java.time.Duration.ofSeconds(90))) {
        ledger.fault(thread.getName() + ": does not end");
      }
    }
  }

  // ---- A topic: every event once, in order, whatever happens to the server.

  private static final AtomicInteger TOPICS = new AtomicInteger();

  private void topic(int number) {
    var topic = "soak/" + TOPICS.incrementAndGet();
    var reader = Thread.ofVirtual().name("reader-of-" + topic).start(() -> follow(topic));
    for (int i = 0; i < TOPIC_EVENTS; i++) {
      long next = System.nanoTime() + EVENT_NANOS;
      boolean last = i == TOPIC_EVENTS - 1 || stopping;
      publish(topic, i, last);
      if (last) {
        break;
      }
      LockSupport.parkNanos(next - System.nanoTime());
    }
    try {
      if (!reader.join(java.time.Duration.ofSeconds(60))) {
        ledger.fault(topic + ": its reader does not reach its end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says it until it is acknowledged; said twice, it is kept once. */
  private void publish(String topic, int number, boolean closing) {
    var form =
        "topic=%s&id=%s-%d&data=%d-%s%s"
            .formatted(topic, topic, number, number, "x".repeat(200), closing ? "&close=1" : "");
    var type = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";
    for (int tries = 0; tries < 1_000; tries++) {
      try (var wire = new EventWire(server.port(), "POST " + HUB, type, form)) {
        int status = wire.status();
        if (status == 200 || closing && tries > 0 && status == 409) { // closed by the last try
          ledger.count("events published");
          return;
        }
        ledger.count("publishes answered " + status);
      } catch (IOException e) {
        ledger.count("publishes said again");
      }
      LockSupport.parkNanos(AWAY_NANOS);
    }
    ledger.fault(topic + ": event " + number + " was not taken");
  }

  private void follow(String topic) {
    var last = "earliest";
    int expected = 0;
    for (int tries = 0; tries < 1_000; tries++) {
      var ask = "Accept: text/event-stream\r\nLast-Event-ID: " + last + "\r\n";
      try (var wire = new EventWire(server.port(), "GET " + HUB + "?topic=" + topic, ask, "")) {
        if (wire.status() == 204) {
          ledger.count("topics read to their end");
          return;
        }
        for (var block = wire.block(); block != null; block = wire.block()) {
          var data = EventWire.data(block);
          if (!data.equals(expected + "-" + "x".repeat(200))) {
            ledger.fault("%s: %s (expected: %d)".formatted(topic, block, expected));
            return;
          }
          expected++;
          last = EventWire.field(block, "id");
          ledger.count("events read");
        }
      } catch (IOException e) {
        LockSupport.parkNanos(AWAY_NANOS);
      }
    }
    ledger.fault(topic + ": no end");
  }

  // ---- The others.

  private void answer(int number) throws IOException {
    var body =
        "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            .formatted(UnfitUpstream.TICKING);
    try (var wire = EventWire.post(server.port(), "/v1/chat/completions", body)) {
      int pieces = 0;
      var last = "";
      boolean failed = false;
      for (var block = wire.block(); block != null; block = wire.block()) {
        last = EventWire.data(block);
        failed |= last.contains("\"error\"");
        pieces += last.contains("\"content\":\"" + pieces + " \"") ? 1 : 0;
      }
      boolean whole = pieces == UnfitUpstream.PIECES && last.equals("[DONE]");
      ledger.count(whole ? "answers read whole" : "answers that failed, and said so");
      if (!whole && !failed) {
        throw new IllegalStateException("an answer of " + pieces + " pieces, ends with " + last);
      }
    }
  }

  private void visit(int number) throws IOException {
    try (var wire = EventWire.get(server.port(), HUB + "?topic=visited")) {
      ledger.count("visits");
      if (wire.status() != 200) {
        throw new IllegalStateException("a visit: " + wire.status());
      }
    }
    LockSupport.parkNanos(40_000_000);
  }

  /** A topic that flows, and is never read: until it is shed. */
  private void sleep(int number) throws IOException {
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4_096);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      var ask = "GET %s?topic=unread HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(HUB);
      socket.getOutputStream().write(ask.getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < 45 && !stopping; i++) { // the write timeout is 30 s
        LockSupport.parkNanos(1_000_000_000);
        if (number == 0) {
          var type = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";
          var form = "topic=unread&data=" + "x".repeat(64 << 10);
          new EventWire(server.port(), "POST " + HUB, type, form).close();
        }
      }
      ledger.count("readers that never read");
    }
  }

  private void largeBody(int number) throws IOException {
    var words = "w".repeat(number == 0 ? 400_000 : 2 << 20);
    var body =
        "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(words);
    try (var wire = EventWire.post(server.port(), "/v1/chat/completions", body)) {
      ledger.count("large bodies answered");
      if (wire.status() != 404 && wire.status() != 503) {
        throw new IllegalStateException("a large body: " + wire.status());
      }
    }
    LockSupport.parkNanos(500_000_000);
  }
}
