// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemoTest {
  private static String ask(String question) {
    return "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
        + Json.quote(question)
        + "}]}";
  }

  private static String text(List<Event> events) {
    var text = new StringBuilder();
    for (var event : events) {
      var chunk = Json.tryObject(event.data());
      if (chunk != null) {
        text.append(Json.text(chunk.path("choices").path(0).path("delta"), "content", ""));
      }
    }
    return text.toString();
  }

  @Test
  void streamsAnAnswerThatEndsWithDone() throws Exception {
    try (var api = TestApi.demo()) {
      var response = api.post("/v1/chat/completions", ask("hi"));
      var id = TestApi.topic(response);
      assertThat(((Response.Subscribe) response).view()).isEqualTo(Response.View.WITHOUT_IDS);
      assertThat(((Response.Subscribe) response).headers())
          .containsEntry("Content-Location", "/v1/chat/completions/" + id + "?stream=true");
      var events = api.events(id);
      assertThat(events.getLast().data()).isEqualTo("[DONE]");
      assertThat(events.get(events.size() - 2).data()).contains("\"finish_reason\":\"stop\"");
      assertThat(TestApi.json(events.getFirst()).path("id").stringValue()).isEqualTo(id);
      assertThat(text(events)).isEqualTo(DemoAnswers.to("hi")).contains("built-in demo");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "hi, Hello!",
    "你好, 你好！",
    "What is this?, One idea",
    "这是什么？, 一个想法",
    "How does resume work?, starting_after",
    "断线之后怎么恢复？, starting_after",
    "Show me EventSource in ten lines, new EventSource",
    "How do I use it from Python?, client.responses.create",
    "怎么用 PHP 调用？, createStreamed",
    "how do I stop it, /cancel",
    "quarks, 内置演示|only the **built-in demo**",
    "これは何ですか, 日本語",
    "Что это?, Демо"
  })
  void answersEachQuestionInItsLanguage(String question, String expected) {
    assertThat(DemoAnswers.to(question))
        .containsAnyOf(expected.split("\\|"))
        .containsAnyOf("built-in demo", "内置演示");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hi", "what is this", "resume", "这是什么", "a  b\n\n 👨‍👩‍👧‍👦é중"})
  void tokensJoinedAreTheTextAndNoneSplitsACluster(String question) {
    var text = question.contains("👨") ? question : DemoAnswers.to(question);
    var tokens = DemoTokens.of(text);
    assertThat(String.join("", tokens)).isEqualTo(text);
    int clusters = 0;
    for (var token : tokens) {
      clusters += (int) java.util.regex.Pattern.compile("\\X").matcher(token).results().count();
    }
    assertThat(clusters)
        .isEqualTo((int) java.util.regex.Pattern.compile("\\X").matcher(text).results().count());
  }

  @Test
  void respectsTheTokenLimit() throws Exception {
    try (var api = TestApi.demo()) {
      var body = ask("hi").replace("\"stream\":true", "\"stream\":true,\"max_tokens\":3");
      var events = api.events(api.begin("/v1/chat/completions", body));
      assertThat(text(events)).isEqualTo("Hello! 👋");
      assertThat(events.get(events.size() - 2).data()).contains("\"finish_reason\":\"length\"");
      var response =
          api.post(
              "/v1/responses", "{\"model\":\"demo\",\"input\":\"hi\",\"max_output_tokens\":3}");
      assertThat(TestApi.json(response).path("status").stringValue()).isEqualTo("incomplete");
      assertThat(TestApi.json(response).at("/incomplete_details/reason").stringValue())
          .isEqualTo("max_output_tokens");
    }
  }

  @Test
  void answersWholeAtOnce() throws Exception {
    try (var api = TestApi.demo()) {
      var response = api.post("/v1/chat/completions", ask("hi").replace("\"stream\":true,", ""));
      assertThat(TestApi.json(response).at("/choices/0/message/content").stringValue())
          .isEqualTo(DemoAnswers.to("hi"));
      assertThat(TestApi.json(response).path("usage").path("total_tokens").asInt()).isPositive();
    }
  }
}
