// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers that never read, that read a byte at a time, and that ask for much. */
@Tag("long")
@Timeout(600)
class HostileReadersIT {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration SHEDDING = Duration.ofSeconds(6); // write timeouts, two of them
  private static final int WATCHED_TOPICS =
      AttackStrength.of(20_000, 300_000) * Math.min(AttackStrength.HEAP_MIB, 512) / 512;

  /** What those topics hold of the heap. */
  static final long WATCHED_BYTES = WATCHED_TOPICS * 1_000L;

  private static Siege siege;

  @BeforeAll
  static void begin() {
    siege = Siege.begin();
  }

  @AfterAll
  static void end() {
    siege.close();
  }

  /** Again while memory for events is being made, as 503 asks for. */
  private static void publish(RawConnection publisher, String form) throws IOException {
    var reply = publisher.send(RawConnection.publish(form)).reply(LIMIT);
    for (int again = 0; reply.status() == 503 && again < 50; again++) {
      AttackPace.pause(Duration.ofMillis(100));
      reply = publisher.send(RawConnection.publish(form)).reply(LIMIT);
    }
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
  }

  private static RawConnection reader(int port, String topic) throws IOException {
    return new RawConnection(port, 4_096)
        .send(RawConnection.get(RawConnection.HUB + "?topic=" + topic));
  }

  @Test
  void readersThatNeverReadAreShedAndHoldNothing() throws Exception {
    siege.attack(HostileReadersIT::unread);
  }

  static String unread(int port) throws Exception {
    var readers = new ArrayList<RawConnection>();
    for (int i = 0; i < AttackStrength.of(100, 500); i++) {
      readers.add(reader(port, "large/unread"));
    }
    try (var publisher = new RawConnection(port)) {
      var piece = "topic=large/unread&data=" + "x".repeat(64 << 10);
      for (int i = 0; i < AttackStrength.of(250, 1_500); i++) {
        publish(publisher, piece);
        AttackPace.pause(Duration.ofMillis(20));
      }
    }
    AttackPace.pause(SHEDDING); // to look is to read, and who reads is not shed
    var ended = new FateTally();
    for (var reader : readers) {
      try (reader) {
        ended.add(reader.end(LIMIT));
      }
    }
    ended.assertOnly("closed");
    return "events of 64 KiB, none read: " + ended;
  }

  @Test
  void readersOfOneByteATimeHoldNothing() throws Exception {
    siege.attack(HostileReadersIT::slow);
  }

  static String slow(int port) throws Exception {
    var readers = new ArrayList<RawConnection>();
    for (int i = 0; i < AttackStrength.of(50, 300); i++) {
      readers.add(reader(port, "large/bytes"));
    }
    int read = 0;
    try (var publisher = new RawConnection(port)) {
      var piece = "topic=large/bytes&data=" + "x".repeat(16 << 10);
      for (int i = 0; i < AttackStrength.of(20, 300); i++) {
        publish(publisher, piece);
        for (var reader : readers) {
          read += reader.read(LIMIT) < 0 ? 0 : 1;
        }
        AttackPace.pause(Duration.ofMillis(100));
      }
    }
    for (var reader : readers) {
      reader.close();
    }
    return "a byte at a time: " + read + " bytes";
  }

  @Test
  void subscriptionsToManyLongNamesAreServedOrRefused() throws Exception {
    siege.attack(HostileReadersIT::longNames);
  }

  static String longNames(int port) throws Exception {
    var fits = new StringBuilder(RawConnection.HUB + "?");
    for (int i = 0; i < 100; i++) {
      fits.append("topic=").append(i).append("n".repeat(140)).append('&');
    }
    var tooLong = RawConnection.HUB + "?" + ("topic=" + "n".repeat(4_096) + "&").repeat(100);
    var readers = new ArrayList<RawConnection>();
    var saw = new FateTally();
    int count = AttackStrength.of(200, 1_000);
    AttackCrowd.act(
        count,
        20,
        number -> {
          var connection = new RawConnection(port);
          synchronized (readers) {
            readers.add(connection);
          }
          connection.sendAside(
              RawConnection.get(number % 4 == 0 ? tooLong : fits.toString()),
              new byte[0],
              1,
              Duration.ZERO);
          var first = new StringBuilder();
          try {
            for (int b = connection.read(LIMIT); b != '\r'; b = connection.read(LIMIT)) {
              first.append((char) b);
            }
            saw.add(first.substring(9, 12));
          } catch (java.net.SocketTimeoutException e) {
            saw.add("silent");
          } catch (IOException e) {
            saw.add("closed");
          }
          return new ConnectionFate.Closed();
        });
    for (var reader : readers) {
      reader.close();
    }
    saw.assertOnly(200, 414, 429, 431, 503, "closed");
    return "100 topics, of 140 and of 4,096 bytes: " + saw;
  }

  @Test
  void whoeverWatchesTheConsoleOfManyTopicsCostsLittle() throws Exception {
    siege.attack(WATCHED_BYTES, port -> watched(siege.server(), port));
  }

  static String watched(AttackedServer server, int port) throws Exception {
    int made = 0;
    try (var publisher = new RawConnection(port)) {
      for (int i = 0; i < WATCHED_TOPICS; i += 100) {
        var forms = new StringBuilder();
        for (int j = i; j < i + 100; j++) {
          forms.append(RawConnection.publish("topic=console/" + j + "&data=x"));
        }
        publisher.send(forms.toString());
        for (int j = 0; j < 100; j++) {
          made += publisher.reply(LIMIT).status() == 200 ? 1 : 0;
        }
      }
    }
    var watchers = new ArrayList<RawConnection>();
    for (int i = 0; i < 10; i++) {
      watchers.add(new RawConnection(port).send(RawConnection.get("/console/feed")));
    }
    long before = server.teleprinter().cpu().toMillis();
    int seconds = AttackStrength.of(3, 20);
    AttackPace.pause(Duration.ofSeconds(seconds));
    long cpu = (server.teleprinter().cpu().toMillis() - before) / seconds;
    for (var watcher : watchers) {
      watcher.close();
    }
    var saw = made + " topics, ten watchers: " + cpu + " ms of processor time a second";
    assertThat(cpu).as(saw).isLessThan(700);
    return saw;
  }
}
