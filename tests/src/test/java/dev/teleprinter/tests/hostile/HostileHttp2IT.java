// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static dev.teleprinter.tests.hostile.Http2Connection.CONTINUATION;
import static dev.teleprinter.tests.hostile.Http2Connection.DATA;
import static dev.teleprinter.tests.hostile.Http2Connection.END_HEADERS;
import static dev.teleprinter.tests.hostile.Http2Connection.END_STREAM;
import static dev.teleprinter.tests.hostile.Http2Connection.HEADERS;
import static dev.teleprinter.tests.hostile.Http2Connection.PING;
import static dev.teleprinter.tests.hostile.Http2Connection.PREFACE;
import static dev.teleprinter.tests.hostile.Http2Connection.PRIORITY;
import static dev.teleprinter.tests.hostile.Http2Connection.RST_STREAM;
import static dev.teleprinter.tests.hostile.Http2Connection.SETTINGS;
import static dev.teleprinter.tests.hostile.Http2Connection.WINDOW_UPDATE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/2 connections that stall, flood, give no window, or take back what they asked for. */
@Tag("long")
@Timeout(600)
class HostileHttp2IT {
  private static final int WINDOW = 1 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final Duration DEADLINE = AttackStrength.KEEP_ALIVE.plus(AttackStrength.GRACE);
  private static final byte[] NONE = {};
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
    siege.attack(HostileHttp2IT::stalled);
  }

  static String stalled(int port) throws Exception {
    var get = Http2Connection.request("GET", "/healthz");
    var post = Http2Connection.request("POST", "/v1/chat/completions");
    var whole = Http2Connection.bytes(HEADERS, END_HEADERS | END_STREAM, 1, get);
    var begun =
        List.of(
            NONE,
            Http2Connection.bytes(HEADERS, END_STREAM, 1, get), // a CONTINUATION is to come
            Arrays.copyOf(whole, whole.length / 2),
            Http2Connection.bytes(HEADERS, END_HEADERS, 1, post), // a body is to come
            whole); // answered, then idle
    int count = AttackStrength.of(10, 60) * begun.size();
    var ended =
        AttackCrowd.act(
            count,
            count,
            number -> {
              try (var connection = new Http2Connection(port, WINDOW)) {
                return connection
                    .send(begun.get(number % begun.size()))
                    .end(DEADLINE.multipliedBy(2));
              }
            });
    ended.assertOnly("closed");
    return "preface only, half heads, half frames, no body, idle: " + ended;
  }

  @Test
  void halfAPrefaceIsClosedByItsDeadline() throws Exception {
    siege.attack(HostileHttp2IT::halfPrefaces);
  }

  static String halfPrefaces(int port) throws Exception {
    var ended =
        AttackCrowd.act(
            20,
            20,
            number -> {
              try (var connection = new RawConnection(port)) {
                return connection.send(Arrays.copyOf(PREFACE, 1 + number)).end(DEADLINE);
              }
            });
    ended.assertOnly("closed");
    return "half a preface: " + ended;
  }

  @Test
  void repliesWithoutAWindowHoldLittleAndEnd() throws Exception {
    siege.attack(8L << 20, HostileHttp2IT::windowless);
  }

  static String windowless(int port) throws Exception {
    try (var publisher = new RawConnection(port)) {
      var piece = RawConnection.publish("topic=download&data=" + "x".repeat(500_000));
      for (int i = 0; i < 12; i++) {
        publisher.send(piece).reply(LIMIT);
      }
    }
    var ended =
        AttackCrowd.act(
            AttackStrength.of(3, 20),
            20,
            _ -> {
              try (var connection = new Http2Connection(port, 0)) {
                for (int stream = 1; stream < 40; stream += 2) {
                  connection.get(stream, "/console/events?topic=download");
                }
                return connection.end(AttackStrength.WRITE_DEADLINE.plus(LIMIT));
              }
            });
    ended.assertOnly("closed");
    return "20 streams of a reply of 6 MB each, no window: " + ended;
  }

  @Test
  void largeBodiesAreAnswered() throws Exception {
    siege.attack(HostileHttp2IT::bodies);
  }

  static String bodies(int port) throws Exception {
    var json =
        "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted("w".repeat(400_000))
            .getBytes(US_ASCII);
    int perConnection = 10;
    var sent = new FateTally();
    AttackCrowd.act(
        AttackStrength.of(8, 100),
        4,
        _ -> {
          try (var connection = new Http2Connection(port, WINDOW)) {
            for (int stream = 1; stream < 2 * perConnection; stream += 2) {
              sent.add(
                  connection.post(stream, "/v1/chat/completions", "application/json", json, LIMIT));
            }
          }
          return new ConnectionFate.Closed();
        });
    sent.assertOnly(404);
    return "bodies of 400 KB: " + sent;
  }

  @Test
  void requestsTakenBackAtOnceCostLittle() throws Exception {
    siege.attack(HostileHttp2IT::resets);
  }

  static String resets(int port) throws Exception {
    var reset = new byte[] {0, 0, 0, 8};
    var get = Http2Connection.request("GET", "/.well-known/mercure?topic=reset");
    var ended =
        AttackCrowd.act(
            AttackStrength.of(4, 40),
            2,
            _ -> {
              try (var connection = new Http2Connection(port, WINDOW)) {
                for (int batch = 0; batch < AttackStrength.of(50, 200); batch++) {
                  var frames = new ByteArrayOutputStream();
                  for (int i = 0; i < 100; i++) {
                    int stream = 1 + 2 * (100 * batch + i);
                    frames.writeBytes(
                        Http2Connection.bytes(HEADERS, END_HEADERS | END_STREAM, stream, get));
                    frames.writeBytes(Http2Connection.bytes(RST_STREAM, 0, stream, reset));
                  }
                  connection.send(frames.toByteArray());
                }
                return connection.end(DEADLINE);
              }
            });
    ended.assertOnly("closed");
    return "thousands of streams, each reset at once: " + ended;
  }

  @Test
  void floodsOfControlFramesEndOrCostLittle() throws Exception {
    siege.attack(HostileHttp2IT::floods);
  }

  static String floods(int port) throws Exception {
    var floods =
        List.of(
            Http2Connection.bytes(PING, 0, 0, new byte[8]),
            Http2Connection.bytes(SETTINGS, 0, 0, NONE),
            Http2Connection.bytes(PRIORITY, 0, 1, new byte[] {0, 0, 0, 3, 1}),
            Http2Connection.bytes(WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1}),
            Http2Connection.bytes(12, 0, 0, new byte[64])); // of a type that nobody knows
    var ended =
        AttackCrowd.act(
            floods.size() * AttackStrength.of(1, 8),
            5,
            number -> {
              try (var connection = new Http2Connection(port, WINDOW)) {
                return flood(connection, floods.get(number % floods.size()));
              }
            });
    ended.assertOnly("closed");
    return "pings, settings, priorities, windows, unknown frames: " + ended;
  }

  /** Sends from another thread, as a server that is flooded may well stop reading. */
  private static ConnectionFate flood(Http2Connection connection, byte[] frame) {
    var many = new ByteArrayOutputStream();
    for (int i = 0; i < 1_000; i++) {
      many.writeBytes(frame);
    }
    var bytes = many.toByteArray();
    Thread.startVirtualThread(() -> {
      try {
        for (int i = 0; i < AttackStrength.of(100, 1_000); i++) {
          connection.send(bytes);
        }
      } catch (IOException e) {
        return; // cut, as it should be
      }
    });
    AttackPace.pause(Duration.ofMillis(1_500)); // nothing is read meanwhile
    return connection.end(DEADLINE.plusSeconds(5));
  }

  @Test
  void headsAndBodiesWithoutEndAreCut() throws Exception {
    siege.attack(HostileHttp2IT::endless);
  }

  static String endless(int port) throws Exception {
    var filler = Http2Connection.block("x-filler", "f".repeat(16_000));
    var ended =
        AttackCrowd.act(
            AttackStrength.of(6, 40),
            3,
            number -> {
              try (var connection = new Http2Connection(port, WINDOW)) {
                connection.frame(
                    HEADERS,
                    number % 2 == 0 ? 0 : END_HEADERS,
                    1,
                    Http2Connection.request("POST", "/v1/chat/completions"));
                for (int i = 0; i < 20_000; i++) {
                  connection.frame(
                      number % 2 == 0 ? CONTINUATION : DATA,
                      0,
                      1,
                      number % 4 == 0 ? NONE : number % 2 == 0 ? filler : NONE);
                }
                return connection.end(DEADLINE);
              } catch (IOException e) {
                return new ConnectionFate.Closed();
              }
            });
    ended.assertOnly("closed");
    return "CONTINUATION and empty DATA, 20,000 of each: " + ended;
  }

  @Test
  void aThousandStreamsAreServedOrRefusedOneByOne() throws Exception {
    siege.attack(HostileHttp2IT::streams);
  }

  static String streams(int port) throws Exception {
    var saw = new FateTally();
    try (var connection = new Http2Connection(port, WINDOW)) {
      int streams = 1_200;
      for (int i = 0; i < streams; i++) {
        connection.get(2 * i + 1, "/.well-known/mercure?topic=streams/" + i % 7);
      }
      for (int seen = 0; seen < streams; ) {
        var frame = connection.next(LIMIT);
        if (frame.type() == HEADERS || frame.type() == RST_STREAM) {
          seen++;
          saw.add(frame.type() == HEADERS ? "served" : "refused");
        }
      }
    }
    saw.assertOnly("served", "refused");
    return "1,200 streams: " + saw;
  }

  @Test
  void malformedRequestsEndTheirStreamOrTheirConnection() throws Exception {
    siege.attack(HostileHttp2IT::malformed);
  }

  static String malformed(int port) throws Exception {
    var heads =
        List.of(
            Http2Connection.block(":method", "GET"),
            Http2Connection.block(":method", "GET", ":scheme", "http", ":authority", "localhost"),
            Http2Connection.block(":method", "GET", ":path", "/", ":path", "/", ":scheme", "http"),
            Http2Connection.request("GET", "/", "Upper", "x"),
            Http2Connection.request("GET", "/", "connection", "close"),
            Http2Connection.request("GET", "/", "te", "gzip"),
            Http2Connection.request("GET", "/", "x", "a\r\nb"),
            Http2Connection.request("POST", "/", "content-length", "5"),
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f},
            new byte[] {(byte) 0x80});
    var saw =
        AttackCrowd.act(
            heads.size() * AttackStrength.of(10, 200),
            10,
            number -> {
              try (var connection = new Http2Connection(port, WINDOW)) {
                connection.frame(
                    HEADERS, END_HEADERS | END_STREAM, 1, heads.get(number % heads.size()));
                return connection.fate(1, LIMIT);
              } catch (java.net.SocketTimeoutException e) {
                return new ConnectionFate.Silent();
              }
            });
    saw.assertNoneSilent();
    return "ten kinds of no request: " + saw;
  }
}
