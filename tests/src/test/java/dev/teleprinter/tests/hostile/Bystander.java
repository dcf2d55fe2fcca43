// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.tests.EventWire;
import dev.teleprinter.tests.hostile.RawConnection.Reply;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that works with the server while others attack it: a publisher (an event each 20 ms), a
 * reader of its topic, an answer after the other, and a look at {@code /healthz} each 100 ms. Their
 * ledgers say whether each got everything once, in order. Its threads are its own. Thread-safe.
 */
final class Bystander implements AutoCloseable {
  /** The share of events that may take longer than {@link #DELAY_MAX} is a hundredth. */
  static final Duration DELAY_MAX = Duration.ofMillis(250);

  private static final Duration PERIOD = Duration.ofMillis(20);
  private static final Duration PROBE_PERIOD = Duration.ofMillis(100);
  private static final Duration IDLE_PERIOD = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  /** How the fault begins that a new connection for an answer was closed at once. */
  static final String TURNED_AWAY = "asker: turned away: ";

  private final int port;
  private final String topic = "bystander/" + NUMBERS.incrementAndGet();
  private final BystanderLedger ledger = new BystanderLedger();
  private final ConcurrentHashMap<Integer, Long> published = new ConcurrentHashMap<>();
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private final CountDownLatch readAll = new CountDownLatch(1);
  private final List<Thread> threads;
  private volatile boolean stopping;

  private interface Work {
    void run() throws IOException;
  }

  /** Begins to work; its reader has subscribed when this returns. */
  Bystander(int port) {
    this.port = port;
    var reader = begin("reader", this::read);
    try {
      assertThat(subscribed.await(20, TimeUnit.SECONDS)).as("the bystander subscribes").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    threads =
        List.of(
            reader,
            begin("publisher", this::publish),
            begin("asker", this::ask),
            begin("prober", this::probe),
            begin("idler", this::idle));
  }

  private Thread begin(String name, Work work) {
    return Thread.ofPlatform()
        .daemon()
        .name("bystander-" + name)
        .start(() -> {
          try {
            work.run();
          } catch (IOException | RuntimeException | AssertionError e) {
            ledger.fault(name + ": " + e);
          }
        });
  }

  private void publish() throws IOException {
    try (var connection = new RawConnection(port)) {
      int number = 0;
      for (long next = System.nanoTime(); !stopping; next += PERIOD.toNanos()) {
        AttackPace.until(next);
        published.put(number, System.nanoTime());
        var form = "topic=" + topic + "&data=" + number++;
        expect(200, connection.send(RawConnection.publish(form)).reply(PATIENCE));
      }
      published.put(number, System.nanoTime());
      connection.send(RawConnection.publish("topic=" + topic + "&data=" + number + "&close=1"));
      expect(200, connection.reply(PATIENCE));
    }
  }

  private static void expect(int status, Reply reply) {
    if (reply.status() != status) {
      throw new IllegalStateException(reply.status() + ": " + reply.text());
    }
  }

  private void read() throws IOException {
    try (var wire = EventWire.get(port, RawConnection.HUB + "?topic=" + topic)) {
      subscribed.countDown();
      int expected = 0;
      for (var block = wire.block(); block != null; block = wire.block()) {
        long now = System.nanoTime();
        var data = EventWire.data(block);
        if (!data.equals(Integer.toString(expected))) {
          throw new IllegalStateException("event " + data + " (expected: " + expected + ")");
        }
        ledger.delayed(now - published.remove(expected++));
      }
      readAll.countDown();
    }
  }

  private void ask() throws IOException {
    var body =
        """
        {"model":"%s","stream":true,"messages":[{"role":"user","content":"hi"}]}\
        """
            .formatted(UnfitUpstream.TICKING);
    while (!stopping) {
      try (var wire = EventWire.post(port, "/v1/chat/completions", body)) {
        requireWhole(wire);
      } catch (SocketException e) { // before the answer began: there it would have been a cut
        ledger.fault(TURNED_AWAY + e);
        AttackPace.pause(PROBE_PERIOD);
      }
    }
  }

  private void requireWhole(EventWire wire) throws IOException {
    int expected = 0;
    var last = "";
    try {
      for (var block = wire.block(); block != null; block = wire.block()) {
        last = EventWire.data(block);
        if (last.contains("\"content\":\"" + expected + " \"")) {
          expected++;
        } else if (last.contains("\"content\":\"") && !last.contains("\"content\":\"\"")) {
          throw new IllegalStateException("piece " + last + " (expected: " + expected + ")");
        }
      }
    } catch (SocketException e) {
      throw new IOException("cut after " + expected + " pieces", e);
    }
    if (expected != UnfitUpstream.PIECES || !last.equals("[DONE]")) {
      throw new IllegalStateException(
          "answer of " + expected + " pieces, ends with " + last + "\n" + wire.headers());
    }
    ledger.answered();
  }

  private void probe() throws IOException {
    try (var connection = new RawConnection(port)) {
      for (long next = System.nanoTime(); !stopping; next += PROBE_PERIOD.toNanos()) {
        AttackPace.until(next);
        expect(200, connection.send(RawConnection.get("/healthz")).reply(PATIENCE));
        ledger.probed();
      }
    }
  }

  /** Does nothing, and sees how late it is woken. */
  private void idle() {
    while (!stopping) {
      long wake = System.nanoTime() + IDLE_PERIOD.toNanos();
      AttackPace.until(wake);
      ledger.hiccup(System.nanoTime() - wake);
    }
  }

  /** Stops; everything that was published has been read when this returns, or that is a fault. */
  BystanderLedger stop() {
    stopping = true;
    try {
      if (!readAll.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        ledger.fault("reader: events missing: " + published.size());
      }
      for (var thread : threads) {
        thread.join(PATIENCE);
        if (thread.isAlive()) {
          ledger.fault(thread.getName() + ": does not end");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ledger;
  }

  @Override
  public void close() {
    stopping = true;
  }
}
