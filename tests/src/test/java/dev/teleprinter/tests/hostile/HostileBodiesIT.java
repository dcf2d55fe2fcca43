// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Request bodies: large, many, slow, unfinished, and larger in memory than on the wire. A refusal
 * before all of a body was sent may come as a reset, which takes the reply with it.
 */
@Tag("long")
@Timeout(600)
class HostileBodiesIT {
  private static final String CHAT = "/v1/chat/completions";
  private static final String JSON = "application/json";
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Duration LIMIT =
      AttackStrength.REQUEST_DEADLINE.plus(AttackStrength.GRACE).plusSeconds(8);

  private static Siege siege;

  @BeforeAll
  static void begin() {
    siege = Siege.begin();
  }

  @AfterAll
  static void end() {
    siege.close();
  }

  /** A chat request of so many bytes for a model that nobody has. */
  private static byte[] chat(int bytes) {
    var around = "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
    return around.formatted("w".repeat(bytes - around.length() + 2)).getBytes(US_ASCII);
  }

  private static byte[] form(int bytes) {
    var begin = "topic=large/form&data=";
    return (begin + "w".repeat(bytes - begin.length())).getBytes(US_ASCII);
  }

  private static ConnectionFate post(
      int port, String path, String type, byte[] body, int pieceBytes, Duration pause)
      throws IOException {
    try (var connection = new RawConnection(port)) {
      var head = RawConnection.head("POST", path, type, body.length);
      return connection.sendAside(head, body, pieceBytes, pause).fate(LIMIT);
    }
  }

  @Test
  void everyLargeBodyIsAnsweredWhateverItsPace() throws Exception {
    siege.attack(HostileBodiesIT::large);
  }

  static String large(int port) throws Exception {
    var json = chat(400_000);
    var form = form(400_000);
    var sent =
        AttackCrowd.act(
            AttackStrength.of(160, 3_000),
            4,
            number -> {
              int piece = number % 3 == 0 ? 400_000 : number % 3 == 1 ? 65_536 : 16_384;
              var pause = number % 5 == 0 ? Duration.ofMillis(2) : Duration.ZERO;
              return number % 2 == 0
                  ? post(port, CHAT, JSON, json, piece, pause)
                  : post(port, RawConnection.HUB, FORM, form, piece, pause);
            });
    sent.assertOnly(200, 404);
    return "bodies of 400 KB: " + sent;
  }

  @Test
  void everyBodyOfMegabytesIsAnsweredOrRefused() throws Exception {
    siege.attack(HostileBodiesIT::larger);
  }

  static String larger(int port) throws Exception {
    var two = chat(2 << 20);
    var sixteen = chat((16 << 20) - 16);
    var sent =
        AttackCrowd.act(
            AttackStrength.of(24, 600),
            2,
            number ->
                post(port, CHAT, JSON, number % 8 == 7 ? sixteen : two, 65_536, Duration.ZERO));
    sent.assertOnly(404, 413, 429, 503, "closed");
    assertThat(sent.count("404")).as("%s", sent).isPositive();
    return "bodies of 2 and 16 MiB: " + sent;
  }

  @Test
  void bodiesOfBracesAreAnsweredThoughTheyAreLargerInMemory() throws Exception {
    siege.attack(HostileBodiesIT::braces);
  }

  static String braces(int port) throws Exception {
    var braces = ("{\"a\":[" + "{},".repeat((16 << 20) / 3 - 8) + "{}]}").getBytes(US_ASCII);
    var sent =
        AttackCrowd.act(
            AttackStrength.of(3, 30),
            3,
            _ -> post(port, CHAT, JSON, braces, 1 << 20, Duration.ZERO));
    sent.assertNoneSilent().assertOnly(400, 404, 413, 429, 503, "closed");
    return "16 MiB of {}: " + sent;
  }

  @Test
  void deeplyNestedBodiesAreAnswered() throws Exception {
    siege.attack(HostileBodiesIT::nested);
  }

  static String nested(int port) throws Exception {
    var deep = "[".repeat(1 << 20).getBytes(US_ASCII);
    var sent =
        AttackCrowd.act(
            AttackStrength.of(6, 60), 3, _ -> post(port, CHAT, JSON, deep, 1 << 20, Duration.ZERO));
    sent.assertNoneSilent().assertOnly(400, 413, 429, 503, "closed");
    return "a million brackets: " + sent;
  }

  @Test
  void manyUnfinishedBodiesAreRefusedOrClosed() throws Exception {
    siege.attack(HostileBodiesIT::unfinished);
  }

  static String unfinished(int port) throws Exception {
    var most = new byte[15_000_000];
    int count = AttackStrength.of(40, 400);
    var head = RawConnection.head("POST", CHAT, JSON, 16_000_000);
    var sent =
        AttackCrowd.act(
            count,
            count,
            _ -> {
              try (var connection = new RawConnection(port)) {
                return connection
                    .sendAside(head, most, 65_536, Duration.ZERO)
                    .fate(LIMIT.multipliedBy(2));
              }
            });
    sent.assertNoneSilent();
    return "15 of 16 MB each: " + sent;
  }

  @Test
  void aBodyThatIsAnnouncedTooLargeIsRefusedAtOnce() throws Exception {
    siege.attack(HostileBodiesIT::announced);
  }

  static String announced(int port) throws Exception {
    var sent =
        AttackCrowd.act(
            AttackStrength.of(50, 1_000),
            20,
            number -> {
              try (var connection = new RawConnection(port)) {
                var head =
                    RawConnection.head("POST", CHAT, JSON, (17L << 20) + (1L << number % 40));
                return connection.send(head).fate(Duration.ofSeconds(2));
              }
            });
    sent.assertOnly(413);
    return "17 MiB announced: " + sent;
  }

  @Test
  void publishesThatMayNotBeAreRefusedByTheHundred() throws Exception {
    siege.attack(HostileBodiesIT::forbidden);
  }

  static String forbidden(int port) throws Exception {
    var refused =
        AttackCrowd.act(
            AttackStrength.of(200, 4_000),
            8,
            number -> {
              var type = new String[] {"gap", "busy", "error"}[number % 3];
              var form =
                  switch (number % 4) {
                    case 0 -> "topic=reserved&data=x&type=" + type;
                    case 1 -> "topic=reserved&data=%ff%fe";
                    case 2 -> "topic=reserved&data=x&id=a%0Aevent:%20gap";
                    default -> "topic=&data=x";
                  };
              try (var connection = new RawConnection(port)) {
                return connection.send(RawConnection.publish(form)).fate(LIMIT);
              }
            });
    refused.assertOnly(400);
    return "reserved types, bad UTF-8, line feeds in ids, no topic: " + refused;
  }

  @Test
  void streamsOfEventsThatMayNotBeAreRefused() throws Exception {
    siege.attack(HostileBodiesIT::forbiddenStreams);
  }

  static String forbiddenStreams(int port) throws Exception {
    byte[][] bodies = {
      "data: \u00ff\u00fe\n\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
      "event: gap\ndata: x\n\n".getBytes(US_ASCII),
      ("data: " + "x".repeat(2 << 20)).getBytes(US_ASCII),
      "data: x\n".repeat(200_000).getBytes(US_ASCII)
    };
    var refused =
        AttackCrowd.act(
            AttackStrength.of(16, 200),
            4,
            number ->
                post(
                    port,
                    RawConnection.HUB + "?topic=large/stream",
                    "text/event-stream",
                    bodies[number % bodies.length],
                    65_536,
                    Duration.ZERO));
    refused.assertNoneSilent().assertOnly(400, 413);
    return "bad bytes, a reserved type, lines and events without end: " + refused;
  }
}
