// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.openai.UpstreamConfig.Retries;
import dev.teleprinter.openai.UpstreamConfig.Timeouts;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.SelfSigned;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which upstream is asked, how often, and what its refusals become. */
@Timeout(30)
class UpstreamsProtocolTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ASK_WHOLE = ASK.replace("\"stream\":true,", "");
  private static final String CHUNK =
      "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
          + "\"finish_reason\":\"stop\"}]}";
  private static final Retries TWICE =
      new Retries(2, Duration.ofMillis(100), Duration.ofSeconds(5));

  private static Script good() {
    return script().stream().data(CHUNK).done().end();
  }

  private static Script refusal(int status, String... headers) {
    return script().json(status, "{\"error\":{\"message\":\"no\",\"type\":\"t\"}}", headers);
  }

  private static TestApi over(UpstreamConfig... upstreams) {
    return new TestApi(
        OpenAiConfig.defaults()
            .withDemo(false)
            .withPatience(Duration.ofHours(5)) // however far these tests turn the clock
            .withUpstreams(List.of(upstreams)),
        ManualScheduler.withoutPauses());
  }

  private static String code(Response response) {
    return TestApi.json(response).at("/error/code").asString();
  }

  @Test
  void triesAgainBeforeTheFirstToken() throws Exception {
    for (var first :
        List.of(
            refusal(429, "Retry-After: 1"),
            refusal(503),
            script().reset(),
            script().stream().end(),
            script().stream().data("{\"error\":{\"message\":\"overloaded\",\"code\":503}}"))) {
      try (var upstream = new ScriptedUpstream().on(PATH, first).on(PATH, good());
          var api = over(TestApi.config(upstream).withRetries(TWICE))) {
        assertThat(api.events(api.begin(PATH, ASK))).hasSize(2);
        assertThat(upstream.requests()).hasSize(2);
      }
    }
  }

  @Test
  void triesOnlySoOften() throws Exception {
    try (var upstream = new ScriptedUpstream().on(PATH, refusal(503));
        var api = over(TestApi.config(upstream).withRetries(TWICE))) {
      assertThat(TestApi.status(api.post(PATH, ASK))).isEqualTo(503);
      assertThat(upstream.requests()).hasSize(2);
    }
  }

  @Test
  void doesNotWaitLongerThanAllowed() throws Exception {
    try (var upstream = new ScriptedUpstream().on(PATH, refusal(429, "Retry-After: 6"));
        var api = over(TestApi.config(upstream).withRetries(TWICE))) {
      var reply = (Response.Reply) api.post(PATH, ASK);
      assertThat(reply.status()).isEqualTo(429);
      assertThat(reply.headers()).containsEntry("Retry-After", "6");
      assertThat(upstream.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 404, 422})
  void doesNotRepeatWhatIsTheClientsFault(int status) throws Exception {
    try (var upstream = new ScriptedUpstream().on(PATH, refusal(status));
        var other = new ScriptedUpstream().on(PATH, good());
        var api =
            over(
                TestApi.config(upstream).withRetries(TWICE),
                UpstreamConfig.of("other", other.baseUrl()))) {
      assertThat(TestApi.status(api.post(PATH, ASK))).isEqualTo(status);
      assertThat(upstream.requests()).hasSize(1);
      assertThat(other.requests()).isEmpty();
    }
  }

  @Test
  void doesNotRepeatOnceATokenCame() throws Exception {
    try (var upstream =
            new ScriptedUpstream()
                .on(PATH, script().stream().data(CHUNK.replace("\"stop\"", "null")).close());
        var api = over(TestApi.config(upstream).withRetries(TWICE))) {
      assertThat(api.events(api.begin(PATH, ASK)).getLast().type()).isEqualTo("error");
      assertThat(upstream.requests()).hasSize(1);
    }
  }

  @Test
  void asksTheNextUpstreamWhenTheFirstFails() throws Exception {
    for (var bad : List.of(refusal(500), refusal(401), script().reset())) {
      try (var first = new ScriptedUpstream().on(PATH, bad);
          var second = new ScriptedUpstream().on(PATH, good());
          var api = over(TestApi.config(first), UpstreamConfig.of("second", second.baseUrl()))) {
        assertThat(api.events(api.begin(PATH, ASK))).hasSize(2);
      }
    }
  }

  @Test
  void anUpstreamThatNamesTheModelGoesFirst() throws Exception {
    try (var any = new ScriptedUpstream().on(PATH, good());
        var exact = new ScriptedUpstream().on(PATH, good());
        var api =
            over(
                UpstreamConfig.of("any", any.baseUrl()),
                UpstreamConfig.of("exact", exact.baseUrl()).withModels(List.of("m", "n")))) {
      api.begin(PATH, ASK);
      assertThat(exact.received().path()).isEqualTo(PATH);
      api.begin(PATH, ASK.replace("\"m\"", "\"o\""));
      assertThat(any.received().body()).contains("\"o\"");
      assertThat(exact.requests()).hasSize(1);
    }
  }

  @Test
  void anUnknownModelIsNotFound() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = over(TestApi.config(upstream).withModels(List.of("n")))) {
      for (var ask : List.of(ASK, ASK_WHOLE)) {
        var reply = api.post(PATH, ask);
        assertThat(TestApi.status(reply)).isEqualTo(404);
        assertThat(code(reply)).isEqualTo("model_not_found");
        assertThat(TestApi.json(reply).at("/error/param").stringValue()).isEqualTo("model");
      }
      api.awaitIdle();
    }
  }

  @Test
  void noMoreAnswersAtOnceThanConfigured() throws Exception {
    try (var upstream =
            new ScriptedUpstream()
                .on(PATH, script().stream().data(CHUNK.replace("\"stop\"", "null")).stall());
        var api = over(TestApi.config(upstream).withAnswersMax(1))) {
      var id = api.begin(PATH, ASK);
      var reply = (Response.Reply) api.post(PATH, ASK);
      assertThat(reply.status()).isEqualTo(429);
      assertThat(reply.headers()).containsKey("Retry-After");
      assertThat(code(reply)).isEqualTo("upstream_busy");
      api.post(PATH + "/" + id + "/cancel", "");
      api.awaitPlace(PATH, ASK);
    }
  }

  @Test
  void noMoreRunningAnswersThanConfigured() throws Exception {
    try (var upstream =
            new ScriptedUpstream()
                .on(PATH, script().stream().data(CHUNK.replace("\"stop\"", "null")).stall());
        var api =
            new TestApi(
                OpenAiConfig.defaults()
                    .withAnswersMax(1)
                    .withUpstreams(List.of(TestApi.config(upstream))),
                ManualScheduler.withoutPauses())) {
      api.begin(PATH, ASK);
      var reply = (Response.Reply) api.post(PATH, ASK);
      assertThat(reply.status()).isEqualTo(429);
      assertThat(reply.headers()).containsKey("Retry-After");
      assertThat(code(reply)).isEqualTo("too_many_answers");
    }
  }

  @Test
  void sendsItsKeyAndShowsItToNobody() throws Exception {
    var refusal =
        script()
            .json(401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-se*****et\"}}");
    try (var upstream = new ScriptedUpstream().on(PATH, refusal);
        var api = over(TestApi.config(upstream).withKey(ApiKey.of("sk-secret")))) {
      var reply = api.post(PATH, ASK);
      assertThat(upstream.received().header("authorization")).isEqualTo("Bearer sk-secret");
      assertThat(TestApi.status(reply)).isEqualTo(502);
      assertThat(code(reply)).isEqualTo("upstream_unauthorized");
      assertThat(TestApi.text(reply)).doesNotContain("sk-");
    }
    assertThat(UpstreamConfig.of("u", URI.create("http://h/v1")).withKey(ApiKey.of("sk-secret")))
        .asString()
        .doesNotContain("sk-secret");
  }

  @Test
  void nobodyThereIsABadGateway() throws Exception {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    var config =
        UpstreamConfig.of("away", URI.create("http://127.0.0.1:" + port + "/v1"))
            .withRetries(TWICE);
    try (var api = over(config)) {
      for (var ask : List.of(ASK, ASK_WHOLE)) {
        var reply = api.post(PATH, ask);
        assertThat(TestApi.status(reply)).isEqualTo(502);
        assertThat(code(reply)).isEqualTo("upstream_unreachable");
      }
    }
  }

  @Test
  void theFirstTokenHasItsTime() throws Exception {
    var timeouts =
        Timeouts.defaults()
            .withFirstToken(Duration.ofSeconds(5))
            .withBetweenTokens(Duration.ofHours(1));
    for (var quiet : List.of(script(), script().stream(), script().stream().text(": wait\n\n"))) {
      var reached = new CountDownLatch(1);
      try (var upstream = new ScriptedUpstream().on(PATH, quiet.reach(reached).stall());
          var api = over(TestApi.config(upstream).withTimeouts(timeouts))) {
        var posted = new FutureTask<>(() -> api.post(PATH, ASK));
        Thread.ofVirtual().start(posted);
        reached.await();
        api.passTimeUntil(posted::isDone, Duration.ofSeconds(1));
        assertThat(TestApi.status(posted.get())).isEqualTo(504);
        assertThat(code(posted.get())).isEqualTo("upstream_timeout");
        assertThat(quiet.awaitGone()).isTrue();
      }
    }
  }

  @Test
  void anAnswerHasItsTotalTime() throws Exception {
    var timeouts =
        Timeouts.defaults()
            .withBetweenTokens(Duration.ofHours(2))
            .withTotal(Duration.ofMinutes(10));
    var script = script().stream().data(CHUNK.replace("\"stop\"", "null")).stall();
    try (var upstream = new ScriptedUpstream().on(PATH, script);
        var api = over(TestApi.config(upstream).withTimeouts(timeouts))) {
      var id = api.begin(PATH, ASK);
      api.readers.set(id, 1);
      api.awaitEnd(id, Duration.ofMinutes(1));
      assertThat(TestApi.json(api.events(id).getLast()).at("/error/code").stringValue())
          .isEqualTo("upstream_timeout");
    }
  }

  @Test
  void aWholeAnswerIsClosedWhenItsClientLeaves() throws Exception {
    var asked = new CountDownLatch(1);
    var script = script().reach(asked).stall();
    try (var upstream = new ScriptedUpstream().on(PATH, script);
        var api = over(TestApi.config(upstream))) {
      var http = new FakeRequest("POST", PATH).body(ASK_WHOLE);
      var posted = new FutureTask<>(() -> api.call(http));
      Thread.ofVirtual().start(posted);
      asked.await();
      http.leave();
      assertThat(script.awaitGone()).isTrue();
      assertThat(TestApi.status(posted.get())).isEqualTo(502);
    }
  }

  @Test
  void whatIsNoEventStreamIsRefused() throws Exception {
    try (var upstream =
            new ScriptedUpstream().on(PATH, script().reply(200, "text/html", "<p>login</p>"));
        var api = over(TestApi.config(upstream))) {
      var reply = api.post(PATH, ASK);
      assertThat(TestApi.status(reply)).isEqualTo(502);
      assertThat(code(reply)).isEqualTo("upstream_invalid");
    }
  }

  @Test
  void wholeRepliesPassUntouched() throws Exception {
    var odd = "{\"x\" : 1.50, \"choices\":[] }\n";
    try (var upstream = new ScriptedUpstream().on(PATH, script().json(200, odd));
        var api = over(TestApi.config(upstream))) {
      assertThat(TestApi.text(api.post(PATH, ASK_WHOLE))).isEqualTo(odd);
      var vendor = ASK_WHOLE.replace("{\"model\"", "{\"vendor\":{\"k\":[1.50,null]},\"model\"");
      api.post(PATH, vendor);
      upstream.received();
      assertThat(Json.parse(upstream.received().body())).isEqualTo(Json.parse(vendor));
    }
  }

  @Test
  void refusalsInOtherShapesGetOurs() throws Exception {
    for (var refusal :
        List.of(
            script().reply(502, "text/html", "<h1>Bad Gateway</h1>"),
            script().json(400, "{\"object\":\"error\",\"message\":\"too long\",\"code\":400}"))) {
      try (var upstream = new ScriptedUpstream().on(PATH, refusal);
          var api = over(TestApi.config(upstream))) {
        var error = TestApi.json(api.post(PATH, ASK)).path("error");
        assertThat(error.path("message").stringValue()).isNotBlank();
        assertThat(error.path("code").stringValue()).isEqualTo("upstream_error");
      }
    }
  }

  @Test
  void listsModelsOfAllAndSurvivesOneThatFails() throws Exception {
    var list = "{\"object\":\"list\",\"data\":[{\"id\":\"a/b\",\"object\":\"model\",\"x\":1}]}";
    try (var any = new ScriptedUpstream().on("/v1/models", script().json(200, list));
        var broken = new ScriptedUpstream().on("/v1/models", script().json(500, "{}"));
        var api =
            new TestApi(
                OpenAiConfig.defaults()
                    .withUpstreams(
                        List.of(
                            UpstreamConfig.of("broken", broken.baseUrl()),
                            UpstreamConfig.of("any", any.baseUrl()),
                            UpstreamConfig.of("named", any.baseUrl()).withModels(List.of("n")))),
                ManualScheduler.withoutPauses())) {
      var models = TestApi.json(api.get("/v1/models"));
      assertThat(models.path("data").findValuesAsString("id"))
          .containsExactlyInAnyOrder("n", "demo", "a/b");
      assertThat(TestApi.json(api.get("/v1/models/a/b")).path("x").asInt()).isEqualTo(1);
      assertThat(TestApi.status(api.get("/v1/models/none"))).isEqualTo(404);
      assertThat(any.requests()).hasSize(1); // kept for a while
      api.scheduler.advance(Duration.ofMinutes(2));
      api.get("/v1/models");
      assertThat(any.requests()).hasSize(2);
    }
  }

  @Test
  void aConnectionServesOneAnswerAfterTheOther() throws Exception {
    try (var upstream = new ScriptedUpstream().on(PATH, good());
        var api = over(TestApi.config(upstream).withAnswersMax(1))) {
      api.awaitClosed(api.begin(PATH, ASK));
      api.awaitPlace(PATH, ASK); // there is one when the connection was given back
      upstream.received();
      upstream.received();
      assertThat(upstream.connections()).isEqualTo(1);
    }
  }

  @Test
  void anAnswersPlaceIsFreeWhenItIsOverThoughItsBodyStaysOpen() throws Exception {
    var open = script().stream().data(CHUNK).done().stall();
    try (var upstream = new ScriptedUpstream().on(PATH, open);
        var api = over(TestApi.config(upstream).withAnswersMax(1))) {
      api.awaitClosed(api.begin(PATH, ASK));
      api.awaitPlace(PATH, ASK); // though no time passes: the end of the first body is awaited
      assertThat(upstream.connections()).isEqualTo(2);
      api.passTimeUntil(() -> open.isGone(), Duration.ofMillis(500)); // but not for ever
    }
  }

  @Test
  void anUpstreamMayHaveAnIpv6Address() throws Exception {
    try (var upstream = ipv6Upstream().on(PATH, good());
        var api = over(TestApi.config(upstream))) {
      api.awaitClosed(api.begin(PATH, ASK));
      assertThat(upstream.received().header("host"))
          .isEqualTo("[::1]:" + upstream.baseUrl().getPort());
    }
  }

  private static ScriptedUpstream ipv6Upstream() {
    try {
      return new ScriptedUpstream("[::1]");
    } catch (IOException e) {
      return Assumptions.abort("this machine has no IPv6");
    }
  }

  @Test
  void aCertificateNobodyVouchesForIsNotTrusted(@TempDir Path folder) throws Exception {
    var tls = new SelfSigned(folder).server();
    try (var listener = tls.getServerSocketFactory().createServerSocket(0)) {
      Thread.ofVirtual()
          .start(() -> {
            try (var socket = (SSLSocket) listener.accept()) {
              socket.startHandshake();
            } catch (IOException e) {
              assertThat(e).isInstanceOf(SSLException.class);
            }
          });
      var url = URI.create("https://localhost:" + listener.getLocalPort() + "/v1");
      var config = UpstreamConfig.of("masked", url).withRetries(Retries.none());
      try (var api = over(config.withKey(ApiKey.of("sk-secret")))) {
        var error = TestApi.json(api.post(PATH, ASK)).path("error");
        assertThat(error.path("code").stringValue()).isEqualTo("upstream_unreachable");
        assertThat(error.path("message").stringValue()).contains("failed the TLS handshake");
      }
    }
  }
}
