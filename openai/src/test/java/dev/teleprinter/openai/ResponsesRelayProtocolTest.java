// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a Responses answer's topic holds for each thing an upstream may do: wire facts, 4.2 and 5.
 */
@Timeout(30)
class ResponsesRelayProtocolTest {
  private static final String PATH = "/v1/responses";
  private static final String ASK = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";
  private static final String ID = "resp_0123456789";

  private static String whole(String type, int number, String status, String more) {
    return "{\"type\":\"%s\",\"sequence_number\":%d,\"response\":{\"id\":\"%s\",\"object\":\"response\",\"created_at\":1,\"status\":\"%s\",\"model\":\"m\",\"error\":null,\"output\":[%s]}}"
        .formatted(type, number, ID, status, more);
  }

  private static final String CREATED = whole("response.created", 0, "in_progress", "");
  private static final String ITEM =
      "{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,"
          + "\"item\":{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"in_progress\","
          + "\"role\":\"assistant\",\"content\":[]}}";
  private static final String PART =
      "{\"type\":\"response.content_part.added\",\"sequence_number\":2,\"item_id\":\"msg_1\","
          + "\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"output_text\","
          + "\"text\":\"\",\"annotations\":[],\"logprobs\":[]}}";
  private static final String COMPLETED =
      whole("response.completed", 4, "completed", "{\"id\":\"msg_1\",\"type\":\"message\"}");

  private static String delta(int number, String text) {
    return "{\"type\":\"response.output_text.delta\",\"sequence_number\":"
        + number
        + ",\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":"
        + Json.quote(text)
        + ",\"logprobs\":[],\"obfuscation\":\"x\"}";
  }

  private static Script begun() {
    return script().stream()
        .event("response.created", CREATED)
        .event("response.output_item.added", ITEM)
        .event("response.content_part.added", PART)
        .event("response.output_text.delta", delta(3, "Hi"));
  }

  private static List<Event> events(Script script) throws Exception {
    return events(script, ASK);
  }

  private static List<Event> events(Script script, String ask) throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, script))) {
      var events = api.events(api.begin(PATH, ask));
      assertLawful(events);
      return events.stream().map(ResponsesRelayProtocolTest::asSent).toList();
    }
  }

  /** The event as the upstream sent it: a Response has our id, and says where it came from. */
  private static Event asSent(Event event) {
    var data = Json.tryObject(event.data());
    if (data == null || !(data.get("response") instanceof ObjectNode response)) {
      return event;
    }
    var origin = response.remove("teleprinter_origin");
    if (origin == null) {
      return event; // ours
    }
    response.put("id", origin.path("id").stringValue());
    return Event.of(event.type(), Json.write(data));
  }

  /** From created on, numbered without holes, typed in both places, ended by [DONE]. */
  static void assertLawful(List<Event> events) {
    assertThat(events.getFirst().type()).isEqualTo("response.created");
    assertThat(events.getLast()).isEqualTo(Event.of("[DONE]"));
    for (int i = 0; i < events.size() - 1; i++) {
      var data = TestApi.json(events.get(i));
      assertThat(data.path("sequence_number").asInt()).isEqualTo(i);
      assertThat(data.path("type").stringValue()).isEqualTo(events.get(i).type());
    }
    assertThat(ResponseAccumulator.isTerminal(events.get(events.size() - 2).type())).isTrue();
  }

  private static void assertFailed(List<Event> events, String code) {
    int n = events.size();
    var error = TestApi.json(events.get(n - 3));
    assertThat(events.get(n - 3).type()).isEqualTo("error");
    assertThat(error.path("code").asString()).isEqualTo(code);
    assertThat(error.at("/error/code").asString()).isEqualTo(code);
    assertThat(error.path("message")).isEqualTo(error.at("/error/message"));
    assertThat(error.at("/error/type").isString()).isTrue();
    assertThat(error.has("param")).isTrue();
    assertThat(error.path("error").has("param")).isTrue();
    var failed = TestApi.json(events.get(n - 2));
    assertThat(failed.path("type").stringValue()).isEqualTo("response.failed");
    assertThat(failed.at("/response/status").stringValue()).isEqualTo("failed");
    assertThat(failed.at("/response/error/code").stringValue()).isEqualTo("server_error");
  }

  @Test
  void passesEventsAsTheTextThatCame() throws Exception {
    var script = begun().event("response.completed", COMPLETED).end();
    assertThat(events(script).stream().map(Event::data))
        .containsExactly(CREATED, ITEM, PART, delta(3, "Hi"), COMPLETED, "[DONE]");
    var without = script().stream().data(CREATED).data(COMPLETED.replace("4", "1")).done().end();
    assertThat(events(without)).extracting(Event::type).contains("response.completed");
  }

  @Test
  void readsEveryByteAlone() throws Exception {
    var wire = "event: response.created\r\ndata: " + CREATED + "\r\n\r\n";
    var text = delta(1, "字👨‍👩‍👧‍👦");
    var script =
        script().stream()
            .byByte(wire)
            .byByte("data:" + text + "\r\r")
            .data(COMPLETED.replace(":4,", ":2,"))
            .end();
    assertThat(events(script).get(1).data()).isEqualTo(text);
  }

  @Test
  void numbersFromZeroWithoutHolesWhateverTheUpstreamCounts() throws Exception {
    var script =
        script().stream()
            .data(CREATED.replace(":0,", ":1,"))
            .event("keepalive", "{\"type\":\"keepalive\",\"sequence_number\":2}")
            .data(delta(3, "a"))
            .data(delta(9, "b").replace("\"sequence_number\":9,", ""))
            .data(COMPLETED)
            .end();
    var events = events(script);
    assertThat(events).hasSize(5);
    assertThat(TestApi.json(events.get(2)).path("delta").stringValue()).isEqualTo("b");
  }

  @Test
  void beginsWithCreatedEvenIfTheUpstreamDoesNot() throws Exception {
    var events = events(script().stream().data(delta(0, "a")).data(COMPLETED).end());
    assertThat(events).hasSize(4);
    assertThat(TestApi.json(events.getFirst()).at("/response/id").stringValue())
        .matches("resp_[A-Za-z0-9]{24}");
  }

  @Test
  void anAnswersIdIsItsOwnAndItsUpstreamsIsNoTopic() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, begun().data(COMPLETED).end()))) {
      var first = api.begin(PATH, ASK);
      api.awaitClosed(first);
      var second = api.begin(PATH, ASK);
      assertThat(second).isNotEqualTo(first).matches("resp_[A-Za-z0-9]{24}");
      var events = api.events(second);
      assertLawful(events);
      assertThat(TestApi.json(events.getFirst()).at("/response/id").stringValue())
          .isEqualTo(second);
      assertThat(events.get(3).data()).isEqualTo(delta(3, "Hi"));
      assertThat(TestApi.status(api.get(PATH + "/" + ID))).isEqualTo(404);
      assertThat(TestApi.json(api.get(PATH + "/" + second)).path("id").stringValue())
          .isEqualTo(second);
    }
  }

  @Test
  void anUpstreamIsAskedToGoOnByItsOwnIdAlsoOfAnAnswerThatIsForgotten() throws Exception {
    for (long contextCharsMax : new long[] {1 << 20, 0}) {
      try (var upstream = new ScriptedUpstream().on(PATH, begun().data(COMPLETED).end());
          var api =
              new TestApi(
                  OpenAiConfig.defaults()
                      .withContextCharsMax(contextCharsMax)
                      .withUpstreams(List.of(TestApi.config(upstream))),
                  ManualScheduler.withoutPauses())) {
        var id = api.begin(PATH, ASK);
        api.awaitClosed(id);
        upstream.received();
        api.begin(
            PATH, ASK.replace("\"input\"", "\"previous_response_id\":\"" + id + "\",\"input\""));
        assertThat(Json.parse(upstream.received().body()).path("previous_response_id").asString())
            .isEqualTo(ID);
      }
    }
  }

  @Test
  void anEndWithoutTerminalEventIsAFailure() throws Exception {
    assertFailed(events(begun().end()), "upstream_cut");
    assertFailed(events(begun().close()), "upstream_cut");
    assertFailed(events(begun().done().end()), "upstream_cut");
    assertFailed(events(begun().text("data: " + COMPLETED).close()), "upstream_cut");
  }

  @Test
  void aFailedAnswerHasTheOutputSoFar() throws Exception {
    var events = events(begun().data(delta(4, " there")).close());
    var output = TestApi.json(events.get(events.size() - 2)).at("/response/output");
    assertThat(output.at("/0/content/0/text").stringValue()).isEqualTo("Hi there");
    assertThat(output.at("/0/status").stringValue()).isEqualTo("incomplete");
    assertThat(output.at("/0/id").stringValue()).isEqualTo("msg_1");
  }

  @Test
  void badJsonIsAFailure() throws Exception {
    assertFailed(events(begun().data("{\"type\":").stall()), "upstream_invalid");
    assertFailed(events(begun().data("[]").stall()), "upstream_invalid");
    assertFailed(events(begun().data("{\"delta\":\"a\"}").stall()), "upstream_invalid");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"error\",\"code\":\"c\",\"message\":\"lost\",\"param\":null,\"sequence_number\":4}",
        "{\"type\":\"error\",\"error\":{\"code\":\"c\",\"message\":\"lost\"}}",
        "{\"error\":{\"code\":\"c\",\"message\":\"lost\",\"type\":\"t\"}}"
      })
  void errorsInMidAnswerAreToldInBothForms(String error) throws Exception {
    var events = events(begun().event("error", error).stall());
    assertFailed(events, "c");
    assertThat(TestApi.json(events.get(events.size() - 3)).path("message").stringValue())
        .isEqualTo("lost");
  }

  @Test
  void responseFailedAloneIsPrecededByAnError() throws Exception {
    var failed =
        whole("response.failed", 4, "failed", "")
            .replace(
                "\"error\":null", "\"error\":{\"code\":\"server_error\",\"message\":\"lost\"}");
    var events = events(begun().data(failed).end());
    assertThat(events).hasSize(7);
    assertFailed(events, "server_error");
  }

  @Test
  void incompleteIsATerminalEventToo() throws Exception {
    var events = events(begun().data(whole("response.incomplete", 4, "incomplete", "")).stall());
    assertThat(events.get(4).type()).isEqualTo("response.incomplete");
  }

  @Test
  void silenceIsAStall() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = begun().stall();
      try (var api = TestApi.over(upstream.on(PATH, script))) {
        var id = api.begin(PATH, ASK);
        api.readers.set(id, 1);
        api.awaitEvents(id, 4);
        api.awaitEnd(id, Duration.ofSeconds(10));
        assertFailed(api.events(id), "upstream_stalled");
        assertThat(script.awaitGone()).isTrue();
      }
    }
  }

  @Test
  void cancelTellsReadersAndClosesTheUpstreamAtOnce() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = begun().stall();
      try (var api = TestApi.over(upstream.on(PATH, script))) {
        var id = api.begin(PATH, ASK);
        api.awaitEvents(id, 4);
        var cancelled = TestApi.json(api.post(PATH + "/" + id + "/cancel", ""));
        assertThat(cancelled.path("status").stringValue()).isEqualTo("cancelled");
        assertThat(cancelled.at("/output/0/content/0/text").stringValue()).isEqualTo("Hi");
        assertThat(script.awaitGone()).isTrue();
        var events = api.events(id);
        assertLawful(events);
        assertThat(events.get(4).type()).isEqualTo("response.incomplete");
        assertThat(TestApi.json(events.get(4)).path("response")).isEqualTo(cancelled);
        assertThat(TestApi.json(api.post(PATH + "/" + id + "/cancel", ""))).isEqualTo(cancelled);
        assertThat(TestApi.json(api.get(PATH + "/" + id))).isEqualTo(cancelled);
      }
    }
  }

  @Test
  void aBackgroundAnswerIsOursAndGoesOnWithoutReaders() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var go = new CountDownLatch(1);
      upstream.on(PATH, begun().await(go).data(COMPLETED).end());
      try (var api = TestApi.over(upstream)) {
        var reply =
            TestApi.json(api.post(PATH, "{\"model\":\"m\",\"background\":true,\"input\":\"hi\"}"));
        var id = reply.path("id").stringValue();
        assertThat(reply.path("status").stringValue()).isIn("queued", "in_progress");
        assertThat(reply.path("background").booleanValue()).isTrue();
        assertThat(upstream.received().body())
            .contains("\"stream\":true")
            .doesNotContain("background");
        assertThat(api.readers.isWatched(id)).isFalse();
        api.awaitEvents(id, 4);
        var running = TestApi.json(api.get(PATH + "/" + id));
        assertThat(running.path("status").stringValue()).isEqualTo("in_progress");
        assertThat(running.at("/output/0/content/0/text").stringValue()).isEqualTo("Hi");
        go.countDown();
        assertLawful(api.events(id));
        var done = TestApi.json(api.get(PATH + "/" + id));
        assertThat(done.path("status").stringValue()).isEqualTo("completed");
        assertThat(done.path("background").booleanValue()).isTrue();
      }
    }
  }

  @Test
  void aRefusalAfterPatienceIsToldInTheStream() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var asked = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      upstream.on(
          PATH,
          script()
              .reach(asked)
              .await(go)
              .json(500, "{\"error\":{\"message\":\"lost\",\"type\":\"t\",\"code\":\"c\"}}"));
      try (var api = TestApi.over(upstream)) {
        var posted = new FutureTask<>(() -> api.post(PATH, ASK));
        Thread.ofVirtual().start(posted);
        asked.await();
        api.scheduler.advance(Duration.ofSeconds(10));
        var id = TestApi.topic(posted.get());
        go.countDown();
        var events = api.events(id);
        assertLawful(events);
        assertFailed(events, "c");
      }
    }
  }

  @Test
  void wholeAnswersArePassedUntouchedButForTheirIdAndRecorded() throws Exception {
    var body =
        "{ \"x\":{\"id\":1}, \"id\" : \"resp_0123456789\", \"object\":\"response\","
            + " \"status\":\"completed\", \"x\":1.50,\"output\":[{\"id\":\"msg_1\"}] }";
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, script().json(200, body, "x-request-id: r1")))) {
      var reply = api.post(PATH, "{\"model\":\"m\",\"input\":\"hi\"}");
      var id = TestApi.json(reply).path("id").stringValue();
      assertThat(id).matches("resp_[A-Za-z0-9]{24}");
      assertThat(TestApi.text(reply)).isEqualTo(body.replace("resp_0123456789", id));
      assertThat(((dev.teleprinter.server.Response.Reply) reply).headers())
          .containsEntry("x-request-id", "r1")
          .containsEntry("Content-Location", PATH + "/" + id + "?stream=true");
      var kept = TestApi.json(api.get(PATH + "/" + id));
      assertThat(kept.remove("teleprinter_origin").path("id").stringValue())
          .isEqualTo("resp_0123456789");
      assertThat(kept).isEqualTo(TestApi.json(reply));
      assertLawful(api.events(id));
    }
  }

  @Test
  void anAnswerNotToBeStoredIsNotRecorded() throws Exception {
    var body = "{\"id\":\"resp_0123456789\",\"object\":\"response\",\"status\":\"completed\"}";
    try (var upstream = new ScriptedUpstream();
        var api = TestApi.over(upstream.on(PATH, script().json(200, body)))) {
      api.post(PATH, "{\"model\":\"m\",\"input\":\"hi\",\"store\":false}");
      assertThat(TestApi.status(api.get(PATH + "/" + ID))).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @CsvSource({"response.output_text.delta, 4", "response.strange, 4"})
  void unknownEventsPass(String type, int number) throws Exception {
    var odd = "{\"type\":\"%s\",\"sequence_number\":%d,\"x\":{\"y\":[1]}}".formatted(type, number);
    var events = events(begun().data(odd).data(COMPLETED).end());
    assertThat(events.get(4).data()).isEqualTo(odd);
  }
}
