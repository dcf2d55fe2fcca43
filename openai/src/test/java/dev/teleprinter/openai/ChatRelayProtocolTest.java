// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a chat answer's topic holds for each thing an upstream may do: wire facts, 4.1 and 5. */
@Timeout(30)
class ChatRelayProtocolTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ASK_USAGE =
      ASK.replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");

  private static final String ROLE = chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null");
  private static final String HI = chunk("{\"content\":\"Hi\"}", "null");
  private static final String STOP = chunk("{}", "\"stop\"");

  private static String chunk(String delta, String finish) {
    return "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}";
  }

  private static List<Event> events(Script script) throws Exception {
    return events(script, ASK);
  }

  private static List<Event> events(Script script, String ask) throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, script))) {
      return events(api, api.begin(PATH, ask));
    }
  }

  /** The answer's events with the upstream's id where the answer has its own. */
  private static List<Event> events(TestApi api, String id) throws Exception {
    return api.events(id).stream()
        .map(e -> Event.of(e.type(), e.data().replace(id, "chatcmpl-12345678")))
        .toList();
  }

  /** The upstream resets the connection once all its chunks are in the topic. */
  private static List<Event> eventsWithReset(int count, String... chunks) throws Exception {
    var read = new CountDownLatch(1);
    var script = script().stream();
    for (var chunk : chunks) {
      script.data(chunk);
    }
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, script.await(read).reset()))) {
      var id = api.begin(PATH, ASK);
      api.awaitEvents(id, count);
      read.countDown();
      return events(api, id);
    }
  }

  private static List<String> data(List<Event> events) {
    return events.stream().map(Event::data).toList();
  }

  /** The last event is the error; nobody said done, no finish_reason was made up. */
  private static void assertFailed(List<Event> events, String code) {
    var last = events.getLast();
    assertThat(last.type()).isEqualTo("error");
    var error = TestApi.json(last).path("error");
    assertThat(error.path("code").asString()).isEqualTo(code);
    assertThat(error.path("message").stringValue()).isNotBlank();
    assertThat(error.path("type").stringValue()).isNotBlank();
    assertThat(error.has("param")).isTrue();
    assertThat(data(events)).doesNotContain("[DONE]");
    assertThat(data(events)).noneMatch(d -> d.contains("\"finish_reason\":\"stop\""));
  }

  @Test
  void passesRightChunksAsTheTextThatCame() throws Exception {
    var odd = HI.replace("\"created\":1", "\"x\" : [1.50, {\"y\":null}],\"created\":1");
    var events = events(script().stream().data(ROLE).data(odd).data(STOP).done().end());
    assertThat(data(events)).containsExactly(ROLE, odd, STOP, "[DONE]");
    assertThat(events).allMatch(e -> e.type().equals("message"));
  }

  @Test
  void readsCrLfAndSplitCharactersWhereverTheyAreCut() throws Exception {
    var emoji = chunk("{\"content\":\"字👨‍👩‍👧‍👦\"}", "null");
    var wire = "\uFEFF:hi\r\n\r\ndata:" + ROLE + "\r\n\r\ndata: " + emoji + "\r\n\r\n";
    var events = events(script().stream().byByte(wire).data(STOP).done().end());
    assertThat(data(events)).containsExactly(ROLE, emoji, STOP, "[DONE]");
  }

  @Test
  void dropsHeartbeatsOfEveryKind() throws Exception {
    var events =
        events(
            script().stream()
                .text(": OPENROUTER PROCESSING\n\n")
                .data(ROLE)
                .text("data:\n\n")
                .text("event: ping\n\n")
                .text("retry: 5\n\n")
                .event("keepalive", "{\"type\":\"keepalive\",\"sequence_number\":3}")
                .data("\uFEFF" + HI)
                .data(STOP)
                .data("[DONE] ")
                .end());
    assertThat(data(events)).containsExactly(ROLE, HI, STOP, "[DONE]");
  }

  @Test
  void finishReasonWithoutDoneIsWhole() throws Exception {
    for (var script :
        List.of(
            script().stream().data(HI).data(STOP).end(),
            script().stream().data(HI).data(STOP).close())) {
      assertThat(data(events(script)).getLast()).isEqualTo("[DONE]");
    }
    assertThat(data(eventsWithReset(2, HI, STOP)).getLast()).isEqualTo("[DONE]");
  }

  @Test
  void anEndWithoutFinishReasonIsAFailure() throws Exception {
    assertFailed(events(script().stream().data(ROLE).data(HI).end()), "upstream_cut");
    assertFailed(events(script().stream().data(ROLE).data(HI).close()), "upstream_cut");
    assertFailed(eventsWithReset(2, ROLE, HI), "upstream_cut");
    assertFailed(events(script().stream().data(ROLE).text("data: " + STOP).end()), "upstream_cut");
  }

  @Test
  void halfAnEventIsNotShown() throws Exception {
    var events = events(script().stream().data(ROLE).text("data: {\"id\":\"chat").close());
    assertThat(data(events)).hasSize(2).first().isEqualTo(ROLE);
    assertFailed(events, "upstream_cut");
  }

  @Test
  void badJsonIsAFailure() throws Exception {
    assertFailed(events(script().stream().data(ROLE).data("{\"id\":").stall()), "upstream_invalid");
    assertFailed(events(script().stream().data(ROLE).data(HI + HI).stall()), "upstream_invalid");
  }

  @Test
  void errorsInMidAnswerAreToldInOneForm() throws Exception {
    var openRouter =
        chunk("{\"content\":\"\"}", "\"error\"")
            .replaceFirst("\\{", "{\"error\":{\"code\":502,\"message\":\"lost\"},");
    assertFailed(events(script().stream().data(ROLE).data(openRouter).end()), "502");
    var vllm = "{\"object\":\"error\",\"message\":\"lost\",\"type\":\"E\",\"code\":400}";
    assertFailed(events(script().stream().data(ROLE).data(vllm).done().end()), "400");
    var liteLlm = "{\"error\":{\"message\":\"lost\",\"type\":\"t\",\"code\":\"c\"}}";
    assertFailed(events(script().stream().data(ROLE).data(liteLlm).done().end()), "c");
    var named = script().stream().data(ROLE).event("error", "{\"message\":\"lost\"}").end();
    assertFailed(events(named), "upstream_error");
    var text = script().stream().data(ROLE).data("{\"error\":\"lost\"}").end();
    assertThat(TestApi.json(events(text).getLast()).at("/error/message").stringValue())
        .isEqualTo("lost");
  }

  @Test
  void removesErrorNull() throws Exception {
    var events =
        events(
            script().stream()
                .data(ROLE)
                .data(HI.replaceFirst("\\{", "{\"error\":null,"))
                .data(STOP)
                .done()
                .end());
    assertThat(TestApi.json(events.get(1))).isEqualTo(Json.parse(HI));
  }

  @Test
  void oneIdCreatedAndModelForAllChunks() throws Exception {
    var other =
        HI.replace("chatcmpl-12345678", "chatcmpl-other678")
            .replace("\"created\":1", "\"created\":2")
            .replace("\"model\":\"m\"", "\"model\":\"m-2\"");
    var events = events(script().stream().data(ROLE).data(other).data(STOP).done().end());
    assertThat(TestApi.json(events.get(1))).isEqualTo(Json.parse(HI));
  }

  @Test
  void anAnswersIdIsItsOwnWhateverTheUpstreamCallsIt() throws Exception {
    var ids =
        List.of("chatcmpl-12345678", "x", "orders/7", "resp_0123456789", "chatcmpl-has space", "");
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream)) {
      var seen = new HashSet<String>();
      for (var theirs : ids) {
        var role = ROLE.replace("chatcmpl-12345678", theirs);
        upstream.on(PATH, script().stream().data(role).data(STOP).done().end());
      }
      for (var theirs : ids) {
        var id = api.begin(PATH, ASK);
        assertThat(id).matches("chatcmpl-[A-Za-z0-9]{24}");
        assertThat(seen.add(id)).isTrue();
        assertThat(data(api.events(id)))
            .hasSize(3)
            .filteredOn(d -> !d.equals("[DONE]"))
            .allMatch(d -> Json.text(Json.parse(d), "id", "").equals(id));
        assertThat(api.journal.state(theirs)).isEmpty();
      }
    }
  }

  @Test
  void anUpstreamCannotReachAnotherTopic() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream)) {
      upstream.on(PATH, script().stream().data(ROLE).data(HI).stall());
      var running = api.begin(PATH, ASK);
      var forged = ROLE.replace("chatcmpl-12345678", running);
      upstream.on(PATH, script().stream().data(forged).data(STOP).done().end());
      var second = api.begin(PATH, ASK);
      assertThat(second).isNotEqualTo(running);
      api.awaitClosed(second);
      api.awaitEvents(running, 2);
      assertThat(api.journal.state(running).orElseThrow().appended()).isEqualTo(2);
    }
  }

  @Test
  void anotherIdIsAllThatChanges() throws Exception {
    var longText = "字👩‍👩‍👧\\n".repeat(10_000);
    for (var bad : List.of("\"\"", "\"gen-\\u00e9\\\"1\"", "null", "17", "{\"id\":[1]}")) {
      for (var before :
          List.of("", "\"x\" : [1.50, {\"id\":\"y\"}] , ", "\"x\":\"" + longText + "\",")) {
        var odd = ROLE.replace("\"id\":\"chatcmpl-12345678\"", before + "\"id\" : " + bad + " ");
        var events = events(script().stream().data(odd).data(STOP).done().end());
        var id = TestApi.json(events.getFirst()).path("id").stringValue();
        assertThat(events.getFirst().data())
            .isEqualTo(odd.replace("\"id\" : " + bad + " ", "\"id\" : \"" + id + "\" "));
      }
    }
  }

  @Test
  void likeChunksAreToldFromOthersThatBeginAndEndAlike() throws Exception {
    var said = new ArrayList<String>(List.of(ROLE));
    for (var words : List.of("", "Hi", "字👩", "a\\\"b", "\\n", "\\u00e9", "\\\\", " ")) {
      said.add(chunk("{\"content\":\"" + words + "\"}", "null"));
    }
    var two = chunk("{\"content\":\"a\",\"role\":\"assistant\",\"x\":\"b\"}", "null");
    said.addAll(List.of(two, two, HI, STOP));
    var script = script().stream();
    said.forEach(script::data);
    assertThat(data(events(script.done().end()))).startsWith(said.toArray(String[]::new));

    var own = script().stream();
    said.stream().map(chunk -> chunk.replace("chatcmpl-12345678", "x")).forEach(own::data);
    var events = events(own.done().end());
    var id = TestApi.json(events.getFirst()).path("id").stringValue();
    assertThat(data(events).stream().map(chunk -> chunk.replace(id, "chatcmpl-12345678")))
        .startsWith(said.toArray(String[]::new));
  }

  @Test
  void badJsonAmongLikeChunksIsAFailure() throws Exception {
    for (var words : List.of("\"", "a\",\"", "\\", "\\x", "\t")) {
      var bad = chunk("{\"content\":\"" + words + "\"}", "null");
      assertFailed(
          events(script().stream().data(ROLE).data(HI).data(HI).data(bad).stall()),
          "upstream_invalid");
    }
  }

  @Test
  void saysTheRoleFirst() throws Exception {
    var events = events(script().stream().data(HI).data(HI).data(STOP).done().end());
    assertThat(TestApi.json(events.get(0)).at("/choices/0/delta/role").stringValue())
        .isEqualTo("assistant");
    assertThat(events.get(1).data()).isEqualTo(HI);
  }

  @Test
  void asksForUsageAndHidesItFromThoseWhoDidNot() throws Exception {
    var nulls = HI.replace("\"choices\"", "\"usage\":null,\"choices\"");
    var usage =
        STOP.replaceFirst("\"choices\":.*", "\"choices\":[],\"usage\":{\"total_tokens\":3}}");
    try (var upstream = new ScriptedUpstream();
        var api =
            TestApi.over(
                upstream.on(
                    PATH,
                    script().stream()
                        .data(ROLE)
                        .data(nulls)
                        .data(STOP)
                        .data(usage)
                        .done()
                        .end()))) {
      assertThat(data(events(api, api.begin(PATH, ASK))))
          .containsExactly(ROLE, nulls, STOP, "[DONE]");
      assertThat(upstream.received().body()).contains("\"include_usage\":true");
      var asked = api.begin(PATH, ASK_USAGE);
      assertThat(data(api.events(asked)).get(3)).contains("\"total_tokens\":3");
    }
  }

  @Test
  void usageOnEveryChunkIsMovedToOneOfItsOwn() throws Exception {
    var usage = "\"usage\":{\"total_tokens\":3},\"choices\"";
    var script =
        script().stream()
            .data(ROLE.replace("\"choices\"", usage))
            .data(STOP.replace("\"choices\"", usage.replace("3", "4")))
            .done()
            .end();
    assertThat(data(events(script))).noneMatch(d -> d.contains("usage"));
    var asked = events(script, ASK_USAGE);
    assertThat(asked).hasSize(4);
    assertThat(TestApi.json(asked.get(0)).path("usage").isNull()).isTrue();
    var own = TestApi.json(asked.get(2));
    assertThat(own.path("choices").isEmpty()).isTrue();
    assertThat(own.at("/usage/total_tokens").asInt()).isEqualTo(4);
    assertThat(own.path("id").stringValue()).isEqualTo("chatcmpl-12345678");
  }

  @Test
  void givesToolCallsTheirIndex() throws Exception {
    var first = "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"function\":{}}]}";
    var more = "{\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}";
    var second = "{\"tool_calls\":[{\"id\":\"b\",\"function\":{}}]}";
    var events =
        events(
            script().stream()
                .data(chunk(first, "null"))
                .data(chunk(more, "null"))
                .data(chunk(second, "null"))
                .data(chunk("{}", "\"tool_calls\""))
                .done()
                .end());
    assertThat(events.subList(0, 3))
        .extracting(e -> TestApi.json(e).at("/choices/0/delta/tool_calls/0/index").asInt())
        .containsExactly(0, 0, 1);
  }

  @Test
  void halfAnEmojiInOneChunkArrivesWhole() throws Exception {
    var high = chunk("{\"role\":\"assistant\",\"content\":\"\\ud83d\"}", "null");
    var low = chunk("{\"content\":\"\\ude00\"}", "null").replace("12345678", "87654321");
    var events = events(script().stream().data(high).data(low).data(STOP).done().end());
    assertThat(events.get(0).data()).isEqualTo(high);
    assertThat(events.get(1).data()).contains("\\ude00"); // rewritten, still escaped
  }

  @Test
  void silenceBetweenTokensIsAStall() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = script().stream().data(ROLE).data(HI).stall();
      upstream.on(PATH, script);
      var scheduler = ManualScheduler.withoutPauses();
      var config =
          TestApi.config(upstream)
              .withTimeouts(
                  UpstreamConfig.Timeouts.defaults().withBetweenTokens(Duration.ofSeconds(20)));
      try (var api =
          new TestApi(OpenAiConfig.defaults().withUpstreams(List.of(config)), scheduler)) {
        var id = api.begin(PATH, ASK);
        api.readers.set(id, 1);
        api.awaitEvents(id, 2);
        api.awaitEnd(id, Duration.ofSeconds(1)); // lets time pass until it ends
        assertFailed(api.events(id), "upstream_stalled");
        assertThat(script.awaitGone()).isTrue();
      }
    }
  }

  @Test
  void cancelsAtOnceInMidAnswer() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = script().stream().data(ROLE).data(HI).stall();
      try (var api = TestApi.over(upstream.on(PATH, script))) {
        var id = api.begin(PATH, ASK);
        api.awaitEvents(id, 2);
        var cancelled = TestApi.json(api.post(PATH + "/" + id + "/cancel", ""));
        assertThat(cancelled.path("status").stringValue()).isEqualTo("cancelled");
        assertThat(cancelled.at("/choices/0/message/content").stringValue()).isEqualTo("Hi");
        assertThat(script.awaitGone()).isTrue();
        var events = api.events(id);
        assertFailed(events, "cancelled");
        assertThat(TestApi.json(events.getLast()).at("/error/type").stringValue())
            .isEqualTo("cancelled");
        assertThat(TestApi.json(api.post(PATH + "/" + id + "/cancel", ""))).isEqualTo(cancelled);
        assertThat(api.api.runningAnswers()).isZero();
      }
    }
  }

  @Test
  void cancelsBeforeTheFirstToken() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var asked = new CountDownLatch(1);
      var script = script().reach(asked).stream().stall();
      var scheduler = ManualScheduler.withoutPauses();
      try (var api =
          new TestApi(
              OpenAiConfig.defaults()
                  .withUpstreams(List.of(TestApi.config(upstream.on(PATH, script))))
                  .withPatience(Duration.ofSeconds(2)),
              scheduler)) {
        var posted = new java.util.concurrent.FutureTask<>(() -> api.post(PATH, ASK));
        Thread.ofVirtual().start(posted);
        asked.await();
        scheduler.advance(Duration.ofSeconds(2)); // patience is over: an id of ours
        var id = TestApi.topic(posted.get());
        api.post(PATH + "/" + id + "/cancel", "");
        assertThat(script.awaitGone()).isTrue();
        assertFailed(api.events(id), "cancelled");
      }
    }
  }

  @Test
  void anAnswerBegunWithOurIdKeepsItWhenTheUpstreamComesLate() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var asked = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var script =
          script().reach(asked).stream().await(go).data(ROLE).data(HI).data(STOP).done().end();
      var scheduler = ManualScheduler.withoutPauses();
      try (var api =
          new TestApi(
              OpenAiConfig.defaults()
                  .withUpstreams(List.of(TestApi.config(upstream.on(PATH, script)))),
              scheduler)) {
        var posted = new java.util.concurrent.FutureTask<>(() -> api.post(PATH, ASK));
        Thread.ofVirtual().start(posted);
        asked.await();
        scheduler.advance(Duration.ofSeconds(10));
        var response = posted.get();
        var id = TestApi.topic(response);
        assertThat(TestApi.json(api.get(PATH + "/" + id)).path("status").stringValue())
            .isEqualTo("in_progress");
        go.countDown();
        var events = api.events(id);
        assertThat(events).hasSize(4);
        assertThat(events.subList(0, 3))
            .allMatch(e -> TestApi.json(e).path("id").stringValue().equals(id));
      }
    }
  }

  @Test
  void statusAndRetryAfterOfARefusalArePassedOn() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var refusal =
          "{\"error\":{\"message\":\"slow\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}}";
      upstream.on(PATH, script().json(429, refusal, "Retry-After: 7", "Set-Cookie: a=b"));
      try (var api = TestApi.over(upstream)) {
        var reply = (Response.Reply) api.post(PATH, ASK);
        assertThat(reply.status()).isEqualTo(429);
        assertThat(TestApi.text(reply)).isEqualTo(refusal);
        assertThat(reply.headers())
            .containsEntry("Retry-After", "7")
            .doesNotContainKey("Set-Cookie");
        api.awaitIdle();
        assertThat(api.journal.states()).isEmpty();
      }
    }
  }

  @Test
  void anAnswerThatCannotBeKeptIsRefused() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = script().stream().data(ROLE).stall();
      var journal = JournalConfig.defaults().withTopicsMax(1);
      try (var api = TestApi.over(upstream.on(PATH, script), journal)) {
        api.journal.append(Append.to("the only one", Event.of("x")));
        var reply = api.post(PATH, ASK);
        assertThat(TestApi.status(reply)).isEqualTo(503);
        assertThat(TestApi.json(reply).at("/error/code").stringValue())
            .isEqualTo("journal_unavailable");
        assertThat(script.awaitGone()).isTrue();
        api.awaitIdle();
      }
    }
  }

  @Test
  void anEventTooLargeForTheJournalIsAFailure() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var large = chunk("{\"content\":\"" + "x".repeat(3000) + "\"}", "null");
      var script = script().stream().data(ROLE).data(large).stall();
      var journal = JournalConfig.defaults().withFrameBytesMax(2048);
      try (var api = TestApi.over(upstream.on(PATH, script), journal)) {
        assertFailed(api.events(api.begin(PATH, ASK)), "journal_unavailable");
        assertThat(script.awaitGone()).isTrue();
      }
    }
  }

  @Test
  void anEventTooLargeForItsUpstreamsLimitIsAFailure() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var large = chunk("{\"content\":\"" + "x".repeat(3000) + "\"}", "null");
      upstream.on(PATH, script().stream().data(ROLE).data(large).stall());
      try (var api = TestApi.over(TestApi.config(upstream).withEventBytesMax(2048))) {
        assertFailed(api.events(api.begin(PATH, ASK)), "upstream_invalid");
      }
    }
  }
}
