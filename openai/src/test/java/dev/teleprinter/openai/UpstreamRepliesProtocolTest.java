// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.server.Response.Reply;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an upstream says is checked before anybody else sees it. */
@Timeout(30)
class UpstreamRepliesProtocolTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ASK_WHOLE = ASK.replace("\"stream\":true,", "");
  private static final String CHUNK =
      "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
          + "\"finish_reason\":null}]}";
  private static final String KEY = "sk-proj-abcDEF/0123+456789xyz";

  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

  private static Reply ask(Script script, String ask) throws Exception {
    try (var upstream = new ScriptedUpstream().on(CHAT, script);
        var api = TestApi.over(TestApi.config(upstream).withKey(ApiKey.of(KEY)))) {
      var reply = (Reply) api.post(CHAT, ask);
      assertThat(upstream.received().header("accept-encoding")).isEqualTo("identity");
      api.awaitIdle();
      assertThat(api.memory.reserved()).isZero();
      return reply;
    }
  }

  private static void assertRefused(Script script, String ask, String named) throws Exception {
    var reply = ask(script, ask);
    assertThat(reply.status()).isEqualTo(502);
    var error = TestApi.json(reply).path("error");
    assertThat(error.path("code").stringValue()).isEqualTo("upstream_invalid");
    assertThat(error.path("message").stringValue()).contains(named);
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "099", "600", "999", "101"})
  void aStatusNobodyKnowsIsABadGatewayAtOnce(String status) throws Exception {
    for (var ask : List.of(ASK, ASK_WHOLE)) {
      var script = script().raw("HTTP/1.1 " + status + " X\r\n\r\n").stall();
      assertRefused(script, ask, "status");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 304, 307, 308})
  void aRedirectionIsNotFollowedNorPassedOn(int status) throws Exception {
    var body = "{\"error\":{\"message\":\"elsewhere\"}}";
    for (var ask : List.of(ASK, ASK_WHOLE)) {
      var script = script().json(status, body, "Location: http://169.254.169.254/").stall();
      assertRefused(script, ask, "redirection, " + status);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "deflate, gzip", "<script>"})
  void aCompressedReplyIsRefusedByName(String coding) throws Exception {
    var named = coding.startsWith("<") ? "unreadable" : "'" + coding + "'";
    assertRefused(
        script().json(200, "\u001f\u008b", "Content-Encoding: " + coding), ASK_WHOLE, named);
    assertRefused(script().stream("Content-Encoding: " + coding).stall(), ASK, named);
    assertRefused(script().json(500, "\u001f\u008b", "Content-Encoding: " + coding), ASK, named);
  }

  @Test
  void whatIsNotJsonIsRefused() throws Exception {
    assertRefused(script().reply(200, "text/html", "<script>x</script>"), ASK_WHOLE, "'text/html'");
    assertRefused(script().reply(200, "text/html; a=\"", "{}"), ASK_WHOLE, "'text/html'");
    for (var body : List.of("<html>", "", "{\"a\":", "{}{}", "{\"a\":\"\u0001\"}", "nul")) {
      assertRefused(script().json(200, body), ASK_WHOLE, "not JSON");
    }
    assertRefused(script().raw(OK + "Content-Length: 4\r\n\r\n{}\0\0"), ASK_WHOLE, "not JSON");
    assertRefused(script().raw(OK + "\r\n{\"cut\":").close(), ASK_WHOLE, "not JSON");
    assertRefused(script().json(204, ""), ASK_WHOLE, "not JSON");
  }

  @Test
  void aReplyWithoutATypeIsReadAsJson() throws Exception {
    var reply = ask(script().raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), ASK_WHOLE);
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.headers()).containsEntry("Content-Type", "application/json");
  }

  @Test
  void anotherStatusThanOkStartsNoStream() throws Exception {
    var head = "HTTP/1.1 206 X\r\nContent-Type: text/event-stream\r\n\r\ndata: {}\n\n";
    assertRefused(script().raw(head).stall(), ASK, "status 206");
  }

  @Test
  void anErrorPageBecomesJsonAndKeepsItsStatus() throws Exception {
    var page = script().reply(503, "text/html", "<h1>no</h1>", "Retry-After: 7", "Set-Cookie: a=b");
    var reply = ask(page, ASK_WHOLE);
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.headers()).containsEntry("Content-Type", "application/json");
    assertThat(reply.headers()).containsEntry("Retry-After", "7").doesNotContainKey("Set-Cookie");
  }

  @Test
  void onlyKnownHeadersPassAndOnlyPlainOnes() throws Exception {
    var reply =
        ask(
            script()
                .json(
                    200,
                    "{}",
                    "Set-Cookie: a=b",
                    "Location: /x",
                    "Access-Control-Allow-Origin: *",
                    "x-request-id: r1",
                    "x-ratelimit-limit: " + "9".repeat(300),
                    "x-ratelimit-key: " + KEY),
            ASK_WHOLE);
    assertThat(reply.headers())
        .containsEntry("x-request-id", "r1")
        .containsEntry("x-ratelimit-key", "[key]")
        .containsOnlyKeys("Content-Type", "x-request-id", "x-ratelimit-key");
  }

  @Test
  void anErrorIsReadOnlySoFar() throws Exception {
    var head =
        "HTTP/1.1 400 No\r\nContent-Type: application/json\r\n\r\n{\"error\":{\"message\":\"";
    var reply = ask(script().raw(head + "x".repeat(100_000)).stall(), ASK_WHOLE);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body()).hasSizeLessThan(1000);
  }

  // ---- The key.

  private static List<String> forms() {
    return List.of(
        KEY,
        "Bearer " + KEY,
        "sk-proj-abcDEF%2F0123%2B456789xyz",
        KEY.replace("/", "\\/"),
        KEY.replace("a", "\\u0061"),
        Base64.getEncoder().encodeToString(("user:" + KEY).getBytes()),
        Base64.getEncoder().encodeToString(("me:" + KEY).getBytes()),
        KEY.substring(0, 20) + "...");
  }

  private static void assertHidden(String text) {
    assertThat(text)
        .contains("[key]")
        .doesNotContain("abcDEF")
        .doesNotContain("456789xyz")
        .doesNotContain("c2stcHJvai");
  }

  @Test
  void anErrorThatQuotesTheKeyShowsItToNobody() throws Exception {
    for (var form : forms()) {
      var error = "{\"error\":{\"message\":\"bad key '" + form + "'\",\"code\":\"c\"}}";
      var flat = "{\"detail\":\"x\",\"message\":\"bad key '" + form + "'\"}";
      for (var script : List.of(script().json(400, error), script().json(403, flat))) {
        assertHidden(TestApi.text(ask(script, ASK_WHOLE)));
      }
      assertHidden(TestApi.text(ask(script().stream().data(error).stall(), ASK)));
      assertHidden(streamed(CHAT, ASK, script().stream().data(CHUNK).data(error).stall()));
      var failed =
          "{\"type\":\"response.failed\",\"sequence_number\":0,\"response\":{\"id\":\"r\","
              + "\"error\":{\"code\":\"c\",\"message\":\"bad key '"
              + form
              + "'\"}}}";
      var ask = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";
      assertHidden(streamed(RESPONSES, ask, script().stream().data(failed).stall()));
    }
  }

  private static String streamed(String path, String ask, Script script) throws Exception {
    try (var upstream = new ScriptedUpstream().on(path, script);
        var api = TestApi.over(TestApi.config(upstream).withKey(ApiKey.of(KEY)))) {
      return api.events(api.begin(path, ask)).toString();
    }
  }

  @Test
  void aWholeReplyThatQuotesTheKeyDoesNotShowIt() throws Exception {
    assertHidden(TestApi.text(ask(script().json(200, "{\"x\":\"" + KEY + "\"}"), ASK_WHOLE)));
  }

  @Test
  void aPlaceholderForAKeyIsNoSecret() {
    var mask = KeyMask.of(ApiKey.of("ollama"));
    assertThat(mask.mask("ollama runs")).isEqualTo("ollama runs");
  }

  // ---- Time.

  @Test
  void aWholeReplyThatStopsInMidBodyIsStalled() throws Exception {
    var begun = new CountDownLatch(1);
    var script = script().raw(OK + "Content-Length: 10\r\n\r\n{").reach(begun).stall();
    try (var upstream = new ScriptedUpstream().on(CHAT, script);
        var api = TestApi.over(upstream)) {
      var posted = new FutureTask<>(() -> api.post(CHAT, ASK_WHOLE));
      Thread.ofVirtual().start(posted);
      begun.await();
      api.passTimeUntil(posted::isDone, Duration.ofSeconds(10));
      assertThat(TestApi.json(posted.get()).at("/error/code").stringValue())
          .isIn("upstream_stalled", "upstream_timeout");
    }
  }

  @Test
  void anUpstreamDoesNotLiveByDrippingBytes() throws Exception {
    var script = script().stream().data(CHUNK).text("data: ");
    for (int i = 0; i < 2000; i++) {
      script.text("x").pause(Duration.ofMillis(2));
    }
    try (var upstream = new ScriptedUpstream().on(CHAT, script.stall());
        var api = TestApi.over(upstream)) {
      var id = api.begin(CHAT, ASK);
      api.readers.set(id, 1);
      api.awaitEnd(id, Duration.ofMillis(500));
      assertThat(api.events(id).getLast().data()).contains("upstream_stalled");
    }
  }
}
