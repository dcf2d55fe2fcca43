// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static dev.teleprinter.server.Http2Wire.END_HEADERS;
import static dev.teleprinter.server.Http2Wire.END_STREAM;
import static dev.teleprinter.server.Http2Wire.NO_ERROR;
import static dev.teleprinter.server.Http2Wire.PROTOCOL_ERROR;
import static dev.teleprinter.server.Http2Wire.RST_STREAM;
import static dev.teleprinter.server.Http2Wire.exactBlock;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.server.Http2Wire.Answer;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that are not right end themselves, and nothing else on their connection. */
@Timeout(60)
class Http2RequestProtocolTest {
  /** Sends a header block beside a subscriber and before a good request, which both go on. */
  private static Answer ask(TestHub hub, String... namesAndValues) throws IOException {
    return ask(hub, false, namesAndValues);
  }

  private static Answer ask(TestHub hub, boolean withBody, String... namesAndValues)
      throws IOException {
    try (var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/t/a?after=" + hub.journal.latest());
      client.next(Http2Wire.DATA);
      int flags = withBody ? END_HEADERS : END_HEADERS | END_STREAM;
      client.headers(3, flags, exactBlock(namesAndValues)).flush();
      if (withBody) {
        client.data(3, false, "some").data(3, true, "more");
      }
      var answer = client.answer(3);
      client.get(5, "/hello/x");
      assertThat(client.answer(5).body()).isEqualTo("hello x");
      hub.append("a", "goes on");
      assertThat(client.next(Http2Wire.DATA).text())
          .isEqualTo(hub.block(hub.journal.latest(), "goes on"));
      return answer;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      nullValues = "-",
      value = {
        "no_path :method GET :scheme http :authority t - -",
        "empty_path :method GET :scheme http :authority t :path ''",
        "no_method :path / :scheme http :authority t - -",
        "no_scheme :method GET :path / :authority t - -",
        "two_paths :method GET :path / :path /hello/x :scheme http",
        "late_path :method GET :scheme http x y :path /",
        "unknown_pseudo :method GET :scheme http :path / :foo bar",
        "status :method GET :scheme http :path / :status 200",
        "upper_case :method GET :scheme http :path / X-Upper y",
        "connection :method GET :scheme http :path / connection close",
        "transfer_encoding :method GET :scheme http :path / transfer-encoding chunked",
        "te_gzip :method GET :scheme http :path / te gzip",
        "bad_method :method G{}T :scheme http :path / :authority t",
        "protocol :method CONNECT :scheme http :path / :protocol websocket",
      })
  void malformedRequestsAreStreamErrors(
      String what, String a, String b, String c, String d, String e, String f, String g, String h)
      throws Exception {
    try (var hub = new TestHub()) {
      var block =
          g == null ? new String[] {a, b, c, d, e, f} : new String[] {a, b, c, d, e, f, g, h};
      var answer = ask(hub, block);
      assertThat(answer.resetCode()).as(what).isEqualTo(PROTOCOL_ERROR);
      assertThat(ask(hub, true, block).resetCode())
          .as(what + " with a body")
          .isEqualTo(PROTOCOL_ERROR);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "another Host, /hello/x, t, evil.com",
    "a path without a slash, hello/x, t, t",
    "a path with a space, /hello/ x, t, t",
    "the form of a proxy, http://evil.com/hello/x, t, t",
    "a user, /hello/x, me@t, ''",
  })
  void whatCannotBeServedIs400(String what, String path, String authority, String host)
      throws Exception {
    try (var hub = new TestHub()) {
      var answer =
          host.isEmpty()
              ? ask(
                  hub, ":method", "GET", ":scheme", "http", ":path", path, ":authority", authority)
              : ask(
                  hub,
                  ":method",
                  "GET",
                  ":scheme",
                  "http",
                  ":path",
                  path,
                  ":authority",
                  authority,
                  "host",
                  host);
      assertThat(answer.status()).as(what).isEqualTo(400);
      assertThat(answer.body()).contains("malformed_request");
    }
  }

  @Test
  void aRequestWithoutHostAndAuthorityIs400() throws Exception {
    try (var hub = new TestHub()) {
      var answer = ask(hub, ":method", "GET", ":scheme", "http", ":path", "/hello/x");
      assertThat(answer.status()).isEqualTo(400);
      answer = ask(hub, ":method", "GET", ":scheme", "http", ":path", "/hello/x", "host", "t");
      assertThat(answer.status()).isEqualTo(200);
    }
  }

  @Test
  void connectIsRefusedWith501() throws Exception {
    try (var hub = new TestHub()) {
      assertThat(ask(hub, ":method", "CONNECT", ":authority", "t:443").status()).isEqualTo(501);
    }
  }

  @ParameterizedTest
  @CsvSource({"7", "9", "x"})
  void aContentLengthThatIsNotTheBodysIsAStreamError(String length) throws Exception {
    try (var hub = new TestHub()) {
      var answer =
          ask(
              hub,
              true,
              ":method",
              "POST",
              ":scheme",
              "http",
              ":path",
              "/echo",
              ":authority",
              "t",
              "content-length",
              length);
      assertThat(answer.resetCode()).isEqualTo(PROTOCOL_ERROR);
    }
  }

  @Test
  void aHeadThatIsTooLargeIs431() throws Exception {
    try (var hub = new TestHub()) {
      var answer =
          ask(
              hub,
              ":method",
              "GET",
              ":scheme",
              "http",
              ":path",
              "/",
              "x",
              "y".repeat(16_400 - 100));
      assertThat(answer.status()).isEqualTo(431);
    }
  }

  @Test
  void aBodyOverTheLimitIs413AndEndsItsStreamOnly() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withLimits(config.limits().withRequestBodyBytesMax(10));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/echo").data(1, false, "more than ten");
      assertThat(client.answer(1).status()).isEqualTo(413);
      var reset = client.next(RST_STREAM);
      assertThat(reset.stream()).isEqualTo(1);
      assertThat(reset.error()).isEqualTo(NO_ERROR);
      client.data(1, true, "on its way").post(3, "/echo").data(3, true, "x");
      assertThat(client.answer(3).body()).isEqualTo("x");
    }
  }

  @Test
  void aBodyThatIsNotReadDoesNotHoldUpOthers() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start()) {
      client.post(1, "/later/wait");
      var piece = "x".repeat(10_000);
      int sent = 0;
      for (int window = 65_535; window >= piece.length(); sent++) {
        client.data(1, false, piece);
        window -= piece.length();
        client.frame(Http2Wire.PING, 0, 0, new byte[8]).flush();
        for (var frame = client.next(); frame != null && frame.type() != Http2Wire.PING; ) {
          if (frame.type() == Http2Wire.WINDOW_UPDATE && frame.stream() == 1) {
            window += ByteBuffer.wrap(frame.payload()).getInt();
          }
          frame = client.next();
        }
      }
      assertThat(sent * piece.length()).as("held for the handler").isBetween(256 << 10, 400_000);
      for (int stream = 3; stream < 20; stream += 2) {
        client.post(stream, "/echo").data(stream, true, piece);
        assertThat(client.answer(stream).body()).isEqualTo(piece);
        client.windowUpdate(0, piece.length());
      }
      hub.later.complete(Response.text(200, "unread"));
      assertThat(client.answer(1).body()).isEqualTo("unread");
    }
  }
}
