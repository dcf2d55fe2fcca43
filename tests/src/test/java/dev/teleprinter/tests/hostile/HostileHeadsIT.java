// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/1.1 connections and heads: slow, half, malformed, endless, pipelined, dropped. */
@Tag("long")
@Timeout(600)
class HostileHeadsIT {
  private static final Duration DEADLINE = AttackStrength.KEEP_ALIVE.plus(AttackStrength.GRACE);
  private static Siege siege;

  @BeforeAll
  static void begin() {
    siege = Siege.begin();
  }

  @AfterAll
  static void end() {
    siege.close();
  }

  @Test
  void aConnectionThatStallsIsClosedByItsDeadlineWhateverItsState() throws Exception {
    siege.attack(HostileHeadsIT::stalled);
  }

  static String stalled(int port) throws Exception {
    var begun =
        List.of(
            "",
            "G",
            "GET /healthz HTTP/1.1\r\nHost: loc",
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
            "POST /v1/chat/completions HTTP/1.1\r\n"
                + "Host: localhost\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "5",
            "POST /.well-known/mercure HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n",
            RawConnection.get("/healthz"));
    int count = AttackStrength.of(10, 100) * begun.size();
    var ended =
        AttackCrowd.act(
            count,
            count,
            number -> {
              try (var connection = new RawConnection(port)) {
                return connection.send(begun.get(number % begun.size())).end(DEADLINE);
              }
            });
    ended.assertOnly("closed");
    return "half heads, half bodies, nothing, nothing more: " + ended;
  }

  @Test
  void aHeadThatComesByteByByteIsCutByItsDeadline() throws Exception {
    siege.attack(HostileHeadsIT::slow);
  }

  static String slow(int port) throws Exception {
    var head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + "s".repeat(100);
    int count = AttackStrength.of(20, 200);
    var ended =
        AttackCrowd.act(
            count,
            count,
            _ -> {
              try (var connection = new RawConnection(port)) {
                connection.sendAside(
                    "",
                    head.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                    1,
                    Duration.ofMillis(300));
                return connection.end(DEADLINE);
              }
            });
    ended.assertOnly("closed");
    return "a byte each 300 ms: " + ended;
  }

  @Test
  void malformedRequestsAreRefusedOrClosed() throws Exception {
    siege.attack(HostileHeadsIT::malformed);
  }

  static String malformed(int port) throws Exception {
    var host = "Host: localhost\r\n";
    var requests =
        List.of(
            "\u0000\u0001\u0002\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/9.9\r\n" + host + "\r\n",
            "GET / HTTP/1.1\r\n" + host + "A B: c\r\n\r\n",
            "GET / HTTP/1.1\r\n" + host + " folded: x\r\n\r\n",
            "GET /\u0001 HTTP/1.1\r\n" + host + "\r\n",
            "GET /%zz%ff?%=% HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\n"
                + host
                + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "GET " + "/x".repeat(20_000) + " HTTP/1.1\r\n" + host + "\r\n",
            "GET / HTTP/1.1\r\n" + host + "X: " + "y".repeat(40_000) + "\r\n\r\n",
            "GET / HTTP/1.1\r\n" + host + "X: y\r\n".repeat(10_000) + "\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage that is no frame of HTTP/2 at all");
    int count = AttackStrength.of(10, 200) * requests.size();
    var ended =
        AttackCrowd.act(
            count,
            20,
            number -> {
              try (var connection = new RawConnection(port)) {
                connection.send(requests.get(number % requests.size()));
                return connection.fate(DEADLINE);
              }
            });
    ended.assertNoneSilent();
    assertThat(ended.count("500")).as("%s", ended).isZero();
    return requests.size() + " kinds of no HTTP: " + ended;
  }

  @Test
  void repliesThatNobodyReadsHoldTheirRequestsBack() throws Exception {
    siege.attack(HostileHeadsIT::pipelined);
  }

  static String pipelined(int port) throws Exception {
    var saw = new StringBuilder();
    for (var path : List.of("/healthz", "/nowhere")) {
      saw.append(pipeline(port, path)).append("; ");
    }
    return saw.toString();
  }

  /** Sends without reading until the server takes no more, then reads: a reply for each request. */
  private static String pipeline(int port, String path) throws Exception {
    var many =
        RawConnection.get(path).repeat(100).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    long bytesMax = AttackStrength.of(4, 100) * (1L << 20);
    try (var connection = new RawConnection(port)) {
      var stopping = new AtomicBoolean();
      var requests = new AtomicInteger();
      var sender =
          Thread.startVirtualThread(() -> {
            try {
              while (!stopping.get() && connection.sentBytes() < bytesMax) {
                connection.send(many);
                requests.addAndGet(100);
              }
              connection.send(
                  RawConnection.get("/healthz")
                      .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
              requests.incrementAndGet();
            } catch (IOException e) {
              requests.set(-1);
            }
          });
      AttackPace.pause(Duration.ofMillis(1_500));
      stopping.set(true);
      int replies = 0;
      for (var fate = connection.fate(DEADLINE);
          fate instanceof ConnectionFate.Answered;
          fate = connection.fate(DEADLINE)) {
        replies++;
      }
      connection.reset(); // else a server that has stopped reading would hold the sender
      sender.join();
      assertThat(replies)
          .as("replies to pipelined requests for %s", path)
          .isEqualTo(requests.get());
      return path
          + ": "
          + requests
          + " sent in "
          + connection.sentBytes() / 1024
          + " KiB, all answered";
    }
  }

  @Test
  void pipelinersThatNeverReadAreCut() throws Exception {
    siege.attack(HostileHeadsIT::unread);
  }

  static String unread(int port) throws Exception {
    var many =
        RawConnection.get("/").repeat(1_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    int count = AttackStrength.of(10, 60);
    var ended =
        AttackCrowd.act(
            count,
            count,
            _ -> {
              try (var connection = new RawConnection(port, 4_096)) {
                connection.sendAside("", many, many.length, Duration.ZERO);
                AttackPace.pause(AttackStrength.WRITE_DEADLINE.plus(AttackStrength.GRACE));
                return connection.end(
                    Duration.ofSeconds(2)); // what is in the buffers, then the end
              }
            });
    ended.assertOnly("closed");
    return "1,000 pages asked for, none read: " + ended;
  }

  @Test
  void connectionsThatComeAndGoLeaveNothing() throws Exception {
    siege.attack(HostileHeadsIT::passing);
  }

  static String passing(int port) throws Exception {
    var ended =
        AttackCrowd.act(
            AttackStrength.of(2_000, 10_000),
            50,
            number -> {
              try (var connection = new RawConnection(port)) {
                if (number % 2 == 0) {
                  connection.send(
                      number % 4 == 0
                          ? "GET / HT"
                          : RawConnection.get(RawConnection.HUB + "?topic=t"));
                }
                connection.reset();
                return new ConnectionFate.Closed();
              }
            });
    return "opened and reset: " + ended;
  }
}
