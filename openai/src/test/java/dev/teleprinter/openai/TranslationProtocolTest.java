// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.sse.Event;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Responses from upstreams that speak Chat Completions only, for text. */
@Timeout(30)
class TranslationProtocolTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String PATH = "/v1/responses";
  private static final String ASK = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";

  private static String chunk(String delta, String finish) {
    return "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}";
  }

  private static Script hello() {
    return script().stream()
        .data(chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null"))
        .data(chunk("{\"content\":\"Hi\"}", "null"))
        .data(chunk("{\"content\":\" \\ud83d\"}", "null"))
        .data(chunk("{\"content\":\"\\ude00\"}", "null"));
  }

  private static Script whole(String finish) {
    return hello()
        .data(chunk("{}", "\"" + finish + "\""))
        .data(
            "{\"id\":\"chatcmpl-12345678\",\"choices\":[],\"usage\":{\"prompt_tokens\":2,"
                + "\"completion_tokens\":3,\"total_tokens\":5,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":1}}}")
        .done()
        .end();
  }

  private static TestApi chatOnly(ScriptedUpstream upstream) {
    return TestApi.over(TestApi.config(upstream).withDialects(UpstreamConfig.Dialects.CHAT));
  }

  @Test
  void writesTheEventsInTheOrderOfRealCaptures() throws Exception {
    try (var upstream = new ScriptedUpstream().on(CHAT, whole("stop"));
        var api = chatOnly(upstream)) {
      var id = api.begin(PATH, ASK);
      var events = api.events(id);
      ResponsesRelayProtocolTest.assertLawful(events);
      assertThat(events)
          .extracting(Event::type)
          .containsExactly(
              "response.created",
              "response.in_progress",
              "response.output_item.added",
              "response.content_part.added",
              "response.output_text.delta",
              "response.output_text.delta",
              "response.output_text.delta",
              "response.output_text.done",
              "response.content_part.done",
              "response.output_item.done",
              "response.completed",
              "message");
      for (var event : events.subList(4, 8)) {
        var data = TestApi.json(event);
        assertThat(data.path("logprobs").isArray()).isTrue();
        assertThat(data.path("item_id"))
            .isEqualTo(TestApi.json(events.get(2)).path("item").path("id"));
      }
      assertThat(events.get(5).data()).contains("\\ud83d");
      var response = TestApi.json(events.get(10)).path("response");
      assertThat(response.path("id").stringValue()).isEqualTo(id);
      assertThat(response.path("model").stringValue()).isEqualTo("m-1");
      assertThat(response.at("/output/0/content/0/text").stringValue()).isEqualTo("Hi 😀");
      assertThat(response.at("/usage/input_tokens").asInt()).isEqualTo(2);
      assertThat(response.at("/usage/input_tokens_details/cached_tokens").asInt()).isEqualTo(1);
      assertThat(response.at("/usage/output_tokens").asInt()).isEqualTo(3);
      assertThat(TestApi.json(api.get(PATH + "/" + id))).isEqualTo(response);
    }
  }

  @ParameterizedTest
  @CsvSource({"length, max_output_tokens", "content_filter, content_filter"})
  void anUnfinishedAnswerIsIncomplete(String finish, String reason) throws Exception {
    try (var upstream = new ScriptedUpstream().on(CHAT, whole(finish));
        var api = chatOnly(upstream)) {
      var events = api.events(api.begin(PATH, ASK));
      var terminal = TestApi.json(events.get(events.size() - 2));
      assertThat(terminal.path("type").stringValue()).isEqualTo("response.incomplete");
      assertThat(terminal.at("/response/incomplete_details/reason").stringValue())
          .isEqualTo(reason);
    }
  }

  @Test
  void aCutAnswerFailsWithItsTextSoFar() throws Exception {
    try (var upstream = new ScriptedUpstream().on(CHAT, hello().close());
        var api = chatOnly(upstream)) {
      var events = api.events(api.begin(PATH, ASK));
      ResponsesRelayProtocolTest.assertLawful(events);
      assertThat(events.get(events.size() - 3).type()).isEqualTo("error");
      var response = TestApi.json(events.get(events.size() - 2)).path("response");
      assertThat(response.path("status").stringValue()).isEqualTo("failed");
      assertThat(response.at("/output/0/content/0/text").stringValue()).isEqualTo("Hi 😀");
    }
  }

  @Test
  void asksInTheWordsOfChat() throws Exception {
    try (var upstream = new ScriptedUpstream().on(CHAT, whole("stop"));
        var api = chatOnly(upstream)) {
      api.begin(
          PATH,
          """
          {"model":"m","stream":true,"instructions":"be brief","max_output_tokens":16,
           "temperature":0.5,"metadata":{"a":"b"},"tools":[],"tool_choice":"auto",
           "truncation":"disabled","reasoning":{"effort":"low"},
           "text":{"format":{"type":"json_schema","name":"n","schema":{},"strict":true}},
           "input":[{"role":"developer","content":"d"},
             {"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},
             {"type":"message","role":"assistant","id":"msg_1","status":"completed",
              "content":[{"type":"output_text","text":"b","annotations":[]}]},
             {"role":"user","content":[{"type":"input_text","text":"c"},
                                       {"type":"input_text","text":"d"}]}]}\
          """);
      assertThat(Json.parse(upstream.received().body()))
          .isEqualTo(
              Json.parse(
                  """
                  {"model":"m","temperature":0.5,"max_tokens":16,
                   "response_format":{"type":"json_schema",
                     "json_schema":{"name":"n","schema":{},"strict":true}},
                   "reasoning_effort":"low",
                   "messages":[{"role":"system","content":"be brief"},
                     {"role":"system","content":"d"},{"role":"user","content":"a"},
                     {"role":"assistant","content":"b"},
                     {"role":"user","content":[{"type":"text","text":"c"},
                                               {"type":"text","text":"d"}]}],
                   "stream":true,"stream_options":{"include_usage":true}}\
                  """));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "tools|'tools':[{'type':'function','name':'f'}]",
        "tool_choice|'tool_choice':'required'",
        "include|'include':['reasoning.encrypted_content']",
        "truncation|'truncation':'auto'",
        "max_tool_calls|'max_tool_calls':3",
        "conversation|'conversation':'conv_1'",
        "text.format.type|'text':{'format':{'type':'grammar'}}",
        "reasoning.summary|'reasoning':{'summary':'auto'}",
        "input[0].type|'input':[{'type':'function_call_output','output':'x'}]",
        "input[0].content[0].type|'input':[{'role':'user','content':[{'type':'input_image'}]}]",
        "made_up|'made_up':1"
      })
  void refusesByNameWhatChatCannotSay(String param, String field) throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = chatOnly(upstream)) {
      var input = field.contains("'input'") ? "" : ",\"input\":\"hi\"";
      var body = "{\"model\":\"m\",\"stream\":true" + input + "," + field.replace('\'', '"') + "}";
      var reply = api.post(PATH, body);
      assertThat(TestApi.status(reply)).isEqualTo(400);
      assertThat(TestApi.json(reply).at("/error/code").stringValue())
          .isEqualTo("unsupported_parameter");
      assertThat(TestApi.json(reply).at("/error/param").stringValue()).isEqualTo(param);
      assertThat(upstream.requests()).isEmpty();
    }
  }

  @Test
  void goesOnFromAnEarlierAnswer() throws Exception {
    var completion =
        "{\"id\":\"x\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"two\"},"
            + "\"finish_reason\":\"stop\"}]}";
    try (var upstream =
            new ScriptedUpstream()
                .on(CHAT, whole("stop"))
                .on(CHAT, script().json(200, completion))
                .on(CHAT, script().json(200, completion));
        var api = chatOnly(upstream)) {
      var first =
          api.begin(
              PATH, "{\"model\":\"m\",\"stream\":true,\"instructions\":\"i\",\"input\":\"one\"}");
      api.awaitClosed(first);
      upstream.received();
      var second =
          TestApi.json(
              api.post(
                  PATH,
                  "{\"model\":\"m\",\"input\":\"and\",\"previous_response_id\":\""
                      + first
                      + "\"}"));
      assertThat(second.path("previous_response_id").stringValue()).isEqualTo(first);
      assertThat(second.at("/output/0/content/0/text").stringValue()).isEqualTo("two");
      assertThat(Json.parse(upstream.received().body()).path("messages"))
          .isEqualTo(
              Json.parse(
                  """
                  [{"role":"user","content":"one"},{"role":"assistant","content":"Hi 😀"},
                   {"role":"user","content":"and"}]\
                  """));
      var third =
          "{\"model\":\"m\",\"input\":\"?\",\"previous_response_id\":\""
              + second.path("id").stringValue()
              + "\"}";
      api.post(PATH, third);
      assertThat(Json.parse(upstream.received().body()).path("messages").size()).isEqualTo(5);
      var unknown = api.post(PATH, third.replaceAll("resp_[^\"]*", "resp_unknown00"));
      assertThat(TestApi.status(unknown)).isEqualTo(400);
      assertThat(TestApi.json(unknown).at("/error/code").stringValue())
          .isEqualTo("previous_response_not_found");
    }
  }

  @Test
  void findsOutThatAnUpstreamHasNoResponses() throws Exception {
    for (var none :
        List.of(
            script().json(404, "{\"detail\":\"Not Found\"}"),
            script().reply(405, "text/plain", "no"),
            script().reply(404, "text/plain", "404 page not found"),
            script()
                .json(
                    404,
                    "{\"error\":{\"message\":\"Unknown request URL\",\"code\":\"unknown_url\"}}"),
            script().json(501, "{}"))) {
      try (var upstream = new ScriptedUpstream().on(PATH, none).on(CHAT, whole("stop"));
          var api = TestApi.over(upstream)) {
        ResponsesRelayProtocolTest.assertLawful(api.events(api.begin(PATH, ASK)));
        ResponsesRelayProtocolTest.assertLawful(api.events(api.begin(PATH, ASK)));
        assertThat(upstream.requests())
            .extracting(ScriptedUpstream.Received::path)
            .containsExactly(PATH, CHAT, CHAT);
      }
    }
  }

  @Test
  void aModelThatIsNotFoundDoesNotMakeItChatOnly() throws Exception {
    var missing =
        "{\"error\":{\"message\":\"The model `m` does not exist\",\"type\":\"invalid_request_error\","
            + "\"param\":null,\"code\":\"model_not_found\"}}";
    try (var upstream =
            new ScriptedUpstream().on(PATH, script().json(404, missing)).on(CHAT, whole("stop"));
        var api = TestApi.over(upstream)) {
      var reply = api.post(PATH, ASK);
      assertThat(TestApi.status(reply)).isEqualTo(404);
      assertThat(TestApi.text(reply)).isEqualTo(missing);
      api.post(PATH, ASK);
      assertThat(upstream.requests())
          .extracting(ScriptedUpstream.Received::path)
          .containsExactly(PATH, PATH);
    }
  }

  @Test
  void theDemoAnswersResponsesToo() throws Exception {
    try (var api = TestApi.demo()) {
      var events = api.events(api.begin(PATH, ASK.replace("\"m\"", "\"demo\"")));
      ResponsesRelayProtocolTest.assertLawful(events);
      var response = TestApi.json(events.get(events.size() - 2)).path("response");
      assertThat(ResponseObjects.outputText(response)).isEqualTo(DemoAnswers.to("hi"));
    }
  }
}
