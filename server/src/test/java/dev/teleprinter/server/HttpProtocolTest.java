// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HttpProtocolTest {
  private static TestHub hub(ServerConfig config) throws IOException {
    return new TestHub(config, JournalConfig.defaults());
  }

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      var all = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        all.append("GET /hello/").append(i).append(" HTTP/1.1\r\nHost: t\r\n\r\n");
        all.append("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
      }
      client.send(all.toString());
      for (int i = 0; i < 300; i++) {
        assertThat(client.whole().body()).isEqualTo("hello " + i);
        assertThat(client.whole().body()).isEqualTo("abc");
      }
    }
  }

  @Test
  void takesARequestInPieces() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      for (var c : "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\né€".split("")) {
        client.send(c);
      }
      // Two bytes of é and two of the three of €: the length counts bytes, RFC 9112 6.2.
      assertThat(client.head().header("content-length")).isEqualTo("4");
    }
  }

  @Test
  void takesAChunkedBody() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("abcde");
    }
  }

  @Test
  void saysContinueWhenTheHandlerWantsTheBody() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send(
          "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(100);
      client.send("abc");
      assertThat(client.whole().body()).isEqualTo("abc");
    }
  }

  @Test
  void givesProblemsAStableCode() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      var missing = client.get("/nowhere").whole();
      assertThat(missing.head().status()).isEqualTo(404);
      assertThat(missing.head().header("content-type")).isEqualTo("application/problem+json");
      assertThat(missing.body()).contains("\"code\":\"not_found\"").contains("/nowhere");
      var method = client.post("/hello/x", "").whole();
      assertThat(method.head().status()).isEqualTo(405);
      assertThat(method.head().header("allow")).isEqualTo("GET");
      var bug = client.get("/bug").whole();
      assertThat(bug.head().status()).isEqualTo(500);
      assertThat(bug.body()).contains("internal_error").doesNotContain("secret");
      assertThat(client.get("/healthz").whole().body()).isEqualTo("ok\n");
    }
  }

  @Test
  void decodesPathAndQuery() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      assertThat(client.get("/hello/a%20b%C3%A9+").whole().body()).isEqualTo("hello a bé+");
      assertThat(client.get("/query?a=1+2&a=%26&b&%zz=%C3%A9&&c=d=e").whole().body())
          .isEqualTo(
              List.of(
                      new Request.Parameter("a", "1 2"),
                      new Request.Parameter("a", "&"),
                      new Request.Parameter("b", ""),
                      new Request.Parameter("%zz", "é"),
                      new Request.Parameter("c", "d=e"))
                  .toString());
      assertThat(client.get("http://t/hello/absolute").whole().body()).isEqualTo("hello absolute");
    }
  }

  @Test
  void refusesWhatIsNotHttp() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client().send("\u0016\u0003\u0001\u0002 TLS?\r\n\r\n")) {
      var refusal = client.whole();
      assertThat(refusal.head().status()).isEqualTo(400);
      assertThat(refusal.body()).contains("malformed_request");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void refusesTooLargeHeads() throws Exception {
    try (var hub = new TestHub()) {
      try (var client = hub.client().get("/hello/" + "x".repeat(20_000))) {
        assertThat(client.whole().head().status()).isEqualTo(414);
      }
      try (var client = hub.client().get("/healthz", "X: " + "x".repeat(20_000))) {
        assertThat(client.whole().head().status()).isEqualTo(431);
      }
    }
  }

  @Test
  void refusesTooLargeABodyAndTellsItsSender() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withLimits(config.limits().withRequestBodyBytesMax(1000));
    try (var hub = hub(config);
        var client = hub.client().post("/echo", "x".repeat(1_000_000))) {
      var refusal = client.whole();
      assertThat(refusal.head().status()).isEqualTo(413);
      assertThat(refusal.body()).contains("body_too_large");
    }
  }

  @Test
  void answersThoughTheBodyIsNotWanted() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send("POST /ignore HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\nstart");
      assertThat(client.whole().body()).isEqualTo("ignored");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void closesAConnectionThatSaysNothing() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withRequest(Duration.ofMillis(200)));
    try (var hub = hub(config)) {
      try (var silent = hub.client()) {
        assertThat(silent.read()).isEqualTo(-1);
      }
      try (var half = hub.client().send("GET /hello/x HTTP/1.1\r\nHo")) {
        assertThat(half.read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void waitsForTheBodyOnlyWhereAPauseIsNoFault() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withRequest(Duration.ofMillis(200)));
    try (var hub = hub(config);
        var paused = hub.client();
        var stalled = hub.client()) {
      paused.send("POST /stream HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nabc");
      stalled.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 6\r\n\r\nabc");
      assertThat(stalled.read()).isEqualTo(-1);
      paused.send("def");
      assertThat(paused.whole().body()).isEqualTo("abcdef");
    }
  }

  @Test
  void tellsAHandlerThatItsClientLeft() throws Exception {
    try (var hub = new TestHub()) {
      var client = hub.client().get("/wait");
      client.close();
      assertThat(hub.left.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void refusesOneConnectionTooMany() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withLimits(config.limits().withConnectionsMax(1));
    try (var hub = hub(config);
        var one = hub.client().get("/hello/x")) {
      one.whole();
      try (var two = hub.client().get("/hello/x")) {
        assertThat(two.whole().body()).contains("too_many_connections");
      }
      // An EventSource takes any status but 200 as final: it is asked to come back.
      try (var three = hub.client().get("/t/a", "Accept: text/event-stream")) {
        var stream = three.whole();
        assertThat(stream.head().status()).isEqualTo(200);
        assertThat(stream.body()).contains("retry: 10000\n").contains("event: busy\n");
      }
    }
  }

  @Test
  void tellsWhoUsesThePort() throws Exception {
    try (var hub = new TestHub();
        var journal = new MemoryJournal(JournalConfig.defaults())) {
      var taken = ServerConfig.defaults().withPort(hub.server.port());
      assertThatThrownBy(
              () -> Server.start(taken, (_, _) -> new Routes(), journal, new MemoryBudget(1 << 20)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(String.valueOf(hub.server.port()));
    }
  }

  @Test
  void letsOnlyAllowedOriginsRead() throws Exception {
    var cors = new ServerConfig.Cors(List.of("https://page.example"), true);
    try (var hub = hub(ServerConfig.defaults().withCors(cors));
        var client = hub.client()) {
      var allowed = client.get("/hello/x", "Origin: https://page.example").whole().head();
      assertThat(allowed.header("access-control-allow-origin")).isEqualTo("https://page.example");
      assertThat(allowed.header("access-control-allow-credentials")).isEqualTo("true");
      assertThat(allowed.header("vary")).isEqualTo("Origin");
      var other = client.get("/hello/x", "Origin: https://evil.example").whole().head();
      assertThat(other.headers()).doesNotContainKey("access-control-allow-origin");
      var preflight =
          client
              .send(
                  "OPTIONS /t/a HTTP/1.1\r\nHost: t\r\nOrigin: https://page.example\r\n"
                      + "Access-Control-Request-Method: GET\r\n"
                      + "Access-Control-Request-Headers: last-event-id\r\n\r\n")
              .whole()
              .head();
      assertThat(preflight.status()).isEqualTo(204);
      assertThat(preflight.header("access-control-allow-headers")).contains("Last-Event-ID");
    }
  }
}
