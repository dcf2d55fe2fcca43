// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 9110 and RFC 9112 ask of the head of a request. */
@Timeout(30)
class HeadRulesProtocolTest {
  private static final int BODY_MAX = 1_000;
  private static TestHub hub;

  @BeforeAll
  static void start() throws Exception {
    var config = ServerConfig.defaults();
    var limits = config.limits().withRequestBodyBytesMax(BODY_MAX);
    hub = new TestHub(config.withLimits(limits), JournalConfig.defaults());
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  /** RFC 9112 3.2. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // none
        "Host: t|Host: t",
        "Host: t|Host: evil.example",
        "Host:",
        "Host: a b",
        "Host: evil.com/.localhost",
        "Host: user@localhost",
        "Host: localhost:80:80",
        "Host: localhost:x",
        "Host: localhost:123456",
        "Host: [::1",
        "Host: [localhost]",
        "Host: a,b@c",
        "Host: a|\tb", // folded
        "Host: h\u00e4",
      })
  void refusesARequestWithoutExactlyOneValidHost(String lines) throws Exception {
    assertRefused("GET /healthz HTTP/1.1\r\n" + lines(lines) + "\r\n", 400, "bad_host");
  }

  @ParameterizedTest
  @ValueSource(strings = {"t", "t:80", "t:", "127.0.0.1", "[::1]:8080", "a-b_c.d.", "%61"})
  void takesEveryValidHost(String host) throws Exception {
    try (var client = hub.client()) {
      client.send("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("ok\n");
    }
  }

  @Test
  void takesHttp10WithoutHost() throws Exception {
    try (var client = hub.client().send("GET /healthz HTTP/1.0\r\n\r\n")) {
      assertThat(client.whole().body()).isEqualTo("ok\n");
      assertThat(client.rest()).isEmpty();
    }
    assertRefused("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host");
  }

  /**
   * RFC 9112 3.2.2: an absolute target's authority counts, but a Host must be there all the same.
   */
  @Test
  void takesTheAuthorityOfAnAbsoluteTargetForTheHost() throws Exception {
    try (var client = hub.client()) {
      client.send("GET http://Evil.example:8080/host HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("Evil.example:8080");
      client.send("GET HTTP://[::1]?x HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.whole().head().status()).isEqualTo(404); // the path is /
    }
    assertRefused("GET http://localhost/host HTTP/1.1\r\n\r\n", 400, "bad_host");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET http:///x",
        "GET http://user@localhost/",
        "GET ftp://localhost/",
        "GET healthz",
        "GET *",
        "GET http://evil.com\\@localhost/",
      })
  void refusesTargetsThatAreNone(String start) throws Exception {
    assertRefused(start + " HTTP/1.1\r\nHost: t\r\n\r\n", 400, "bad_target");
  }

  /** What tells two programs different lengths smuggles a request past one of them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked|Content-Length: 5",
        "Content-Length: 5|Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip|Content-Length: 5",
        "Content-Length: 5|Content-Length: 5",
        "Content-Length: 5|Content-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5|\t5", // folded
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "X: a\u0000b",
        "X\u0000: a",
        "X: a\rContent-Length: 5",
        "X y: z",
        ": z",
        "no colon",
      })
  void refusesWhatCouldBeReadInTwoWays(String lines) throws Exception {
    assertRefused(
        "POST /echo HTTP/1.1\r\nHost: t\r\n" + lines(lines) + "\r\n", 400, "malformed_request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /healthz HTTP/1.1\nHost: t\n\n",
        "GET /healthz HTTP/1.1\r\nHost: t\n\r\n",
        "GET /healthz HTTP/1.1\r\n Host: t\r\n\r\n",
        "GET /healthz\r\nHost: t\r\n\r\n",
        "GET /healthz HTTP/1.10\r\nHost: t\r\n\r\n",
        "GET /healthz http/1.1\r\nHost: t\r\n\r\n",
        "GET /healthz HTTP/1.1 x\r\nHost: t\r\n\r\n",
        "POST /echo HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      })
  void refusesWhatIsNotQuiteHttp(String request) throws Exception {
    assertRefused(request, 400, "malformed_request");
  }

  /** RFC 9112 6.1. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked|Transfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:",
      })
  void knowsNoTransferCodingButChunked(String lines) throws Exception {
    assertRefused(
        "POST /echo HTTP/1.1\r\nHost: t\r\n" + lines(lines) + "\r\n",
        501,
        "transfer_coding_not_supported");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/9.9", "HTTP/3.1"})
  void speaksTwoVersionsOnly(String version) throws Exception {
    assertRefused("GET / " + version + "\r\nHost: t\r\n\r\n", 505, "version_not_supported");
  }

  /** RFC 9110 9.3.7. */
  @Test
  void saysWhatTheServerCanDo() throws Exception {
    try (var client = hub.client()) {
      var options = client.send("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n").whole().head();
      assertThat(options.status()).isEqualTo(204);
      assertThat(options.header("allow")).isEqualTo("GET, HEAD, POST, DELETE, OPTIONS");
      assertThat(client.get("/healthz").whole().body()).isEqualTo("ok\n");
    }
  }

  @Test
  void isNoProxy() throws Exception {
    assertRefused(
        "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
        405,
        "method_not_allowed");
  }

  /** RFC 9110 10.1.1. */
  @Test
  void knowsOneExpectation() throws Exception {
    assertRefused(
        "GET /healthz HTTP/1.1\r\nHost: t\r\nExpect: miracles\r\n\r\n", 417, "expectation_failed");
  }

  @ParameterizedTest
  @CsvSource({"/echo", "/append/a"})
  void refusesALengthOverTheLimitBeforeTheBodyComes(String target) throws Exception {
    try (var client = hub.client()) {
      client.send(
          "POST "
              + target
              + " HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
      var refusal = client.whole();
      assertThat(refusal.head().status()).isEqualTo(413);
      assertThat(refusal.body()).contains("body_too_large");
      assertThat(client.rest()).isEmpty();
    }
    try (var client = hub.client()) { // it has no limit
      client.send("POST /stream HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n");
      client.send("x".repeat(1001));
      assertThat(client.whole().body()).hasSize(1001);
    }
  }

  @Test
  void forbidsSniffingOnEveryReply() throws Exception {
    try (var client = hub.client()) {
      for (var target : new String[] {"/healthz", "/hello/x", "/nowhere", "/t/a"}) {
        var head = client.get(target).head();
        assertThat(head.header("x-content-type-options")).as(target).isEqualTo("nosniff");
        if (!target.equals("/t/a")) {
          client.skip(Integer.parseInt(head.header("content-length")));
        }
      }
    }
  }

  private static void assertRefused(String request, int status, String code) throws Exception {
    try (var client =
        hub.client().send(request.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))) {
      var refusal = client.whole();
      assertThat(refusal.body()).contains("\"code\":\"" + code + "\"");
      assertThat(refusal.head().status()).isEqualTo(status);
      assertThat(client.rest()).as("after it").isEmpty();
    }
  }

  private static String lines(String lines) {
    return lines.isEmpty() ? "" : lines.replace("|", "\r\n") + "\r\n";
  }
}
