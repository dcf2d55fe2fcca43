// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The server is killed in the middle of its work, again and again: nothing that was acknowledged is
 * lost, nothing is there twice, and every reader who comes back goes on where it was. For longer:
 * {@code -Drounds=50}.
 */
@Timeout(600)
class KilledServerIT {
  private static final int ROUNDS = Integer.getInteger("rounds", 2);
  private static final int PUBLISHERS = 32;
  private static final int READERS = 200;
  private static final int TOPICS = 4;
  private static final String END = "end";

  private final AtomicBoolean publishing = new AtomicBoolean(true);
  private final Semaphore acknowledged = new Semaphore(0);

  // Guarded by this.
  private RunningTeleprinter teleprinter;
  private int lives = 1;

  @Test
  void losesNothingAndRepeatsNothing() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    teleprinter = RunningTeleprinter.start("durability: always\n");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var publishers = new ArrayList<Future<List<String>>>();
      for (int i = 0; i < PUBLISHERS; i++) {
        var name = "p" + i;
        publishers.add(threads.submit(() -> publish(name, topic(name.hashCode()))));
      }
      var readers = new ArrayList<Future<List<String>>>();
      for (int i = 0; i < READERS; i++) {
        var topic = topic(i);
        readers.add(threads.submit((Callable<List<String>>) () -> new Reader(topic).read()));
      }
      killInRounds(new SplittableRandom(seed));
      publishing.set(false);
      check(publishers, readers);
    } catch (AssertionError e) {
      throw new AssertionError("-Dseed=" + seed + " -Drounds=" + ROUNDS, e);
    } finally {
      teleprinter.close();
    }
  }

  private static String topic(int number) {
    return "killed/" + Math.floorMod(number, TOPICS);
  }

  private void killInRounds(SplittableRandom random) throws InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      acknowledged.acquire(random.nextInt(300, 1500));
      teleprinter.kill();
      acknowledged.drainPermits();
      var again = teleprinter.again();
      synchronized (this) {
        teleprinter = again;
        lives++;
        notifyAll();
      }
    }
    acknowledged.acquire(300);
  }

  private void check(List<Future<List<String>>> publishers, List<Future<List<String>>> readers)
      throws Exception {
    var published = new HashSet<String>();
    for (var publisher : publishers) {
      published.addAll(publisher.get());
    }
    for (int i = 0; i < TOPICS; i++) {
      tryPublish(topic(i), END, "&close=1");
    }
    var byTopic = new ArrayList<List<String>>();
    var all = new ArrayList<String>();
    for (int i = 0; i < TOPICS; i++) {
      var whole = new Reader(topic(i)).read(); // undisturbed
      byTopic.add(whole);
      all.addAll(whole);
    }
    assertThat(all).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(published);
    for (int i = 0; i < READERS; i++) {
      assertThat(readers.get(i).get()).isEqualTo(byTopic.get(i % TOPICS));
    }
  }

  // ---- The server as others see it: there, or to be waited for.

  private synchronized int life() {
    return lives;
  }

  private synchronized void awaitLifeAfter(int life) throws InterruptedException {
    while (lives <= life) {
      wait();
    }
  }

  private synchronized int port() {
    return teleprinter.port();
  }

  /** Publishes event after event, each until it is acknowledged. Returns all of them. */
  private List<String> publish(String name, String topic) throws InterruptedException {
    var mine = new ArrayList<String>();
    while (publishing.get()) {
      var id = name + "-" + mine.size();
      for (int life = life(); !tryPublish(topic, id, ""); life = life()) {
        awaitLifeAfter(life); // nobody knows whether it was kept: said again, it is kept once
      }
      mine.add(id);
      acknowledged.release();
    }
    return mine;
  }

  private boolean tryPublish(String topic, String id, String more) {
    var body = "topic=" + topic + "&id=" + id + "&data=" + id + "-" + "x".repeat(100) + more;
    var type = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";
    try (var wire = new EventWire(port(), "POST /.well-known/mercure", type, body)) {
      assertThat(wire.status()).isEqualTo(200);
      assertThat(wire.rest()).isEqualTo(id);
      return true;
    } catch (IOException e) {
      return false; // killed
    }
  }

  /** Reads a topic from its first event to its end. Confined to one thread. */
  private final class Reader {
    private final String topic;
    private final List<String> seen = new ArrayList<>();
    private String last = "earliest";

    Reader(String topic) {
      this.topic = topic;
    }

    List<String> read() throws InterruptedException {
      while (true) {
        int life = life();
        try (var wire = open()) {
          if (follow(wire)) {
            return seen;
          }
        } catch (IOException e) {
          awaitLifeAfter(life);
        }
      }
    }

    private EventWire open() throws IOException {
      return new EventWire(
          port(),
          "GET /.well-known/mercure?topic=" + topic,
          "Accept: text/event-stream\r\nLast-Event-ID: " + last + "\r\n",
          "");
    }

    private boolean follow(EventWire wire) throws IOException {
      assertThat(wire.status()).isEqualTo(200);
      for (var block = wire.block(); block != null; block = wire.block()) {
        assertThat(EventWire.field(block, "event")).as(block).isNull(); // no gap
        last = EventWire.field(block, "id");
        if (END.equals(last)) {
          return true;
        }
        assertThat(EventWire.data(block)).isEqualTo(last + "-" + "x".repeat(100));
        seen.add(last);
      }
      return false;
    }
  }
}
