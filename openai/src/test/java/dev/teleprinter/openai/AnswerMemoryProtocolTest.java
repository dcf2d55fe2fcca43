// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.server.Response.Reply;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What answers take in the heap comes from the one account, and goes back. */
@Timeout(30)
class AnswerMemoryProtocolTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ASK_RESPONSE = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";

  private static String chunk(String words) {
    return "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\""
        + words
        + "\"},\"finish_reason\":null}]}";
  }

  private static TestApi api(ScriptedUpstream upstream, long bytesMax) {
    var config = TestApi.config(upstream).withDialects(UpstreamConfig.Dialects.CHAT);
    return new TestApi(
        OpenAiConfig.defaults().withUpstreams(List.of(config)),
        ManualScheduler.withoutPauses(),
        JournalConfig.defaults(),
        new MemoryBudget(bytesMax));
  }

  private static void assertRefused(Reply reply) {
    assertThat(reply.status()).isEqualTo(503);
    assertThat(TestApi.json(reply).at("/error/code").stringValue()).isEqualTo("memory_full");
    assertThat(reply.headers()).containsEntry("Retry-After", "5");
  }

  @Test
  void anAnswerIsRefusedBeforeItsUpstreamIsAsked() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, 1 << 20)) {
      assertThat(api.memory.tryReserve(Holder.REQUESTS, 1 << 20)).isTrue();
      for (var ask : List.of(ASK, ASK.replace("\"stream\":true,", ""))) {
        assertRefused((Reply) api.post(CHAT, ask));
      }
      assertThat(api.api.runningAnswers()).isZero();
      assertThat(upstream.connections()).isZero();
    }
  }

  @Test
  void anAnswerThatCannotGrowEndsAsFailed() throws Exception {
    var words = "x".repeat(8000);
    var script = script().stream();
    for (int i = 0; i < 60; i++) {
      script.data(chunk(words));
    }
    try (var upstream = new ScriptedUpstream().on(CHAT, script.stall());
        var api = api(upstream, 1 << 20)) {
      var id = api.begin(RESPONSES, ASK_RESPONSE);
      var events = api.events(id);
      ResponsesRelayProtocolTest.assertLawful(events);
      assertThat(events.get(events.size() - 3).data()).contains("memory_full");
      assertThat(events.get(events.size() - 2).type()).isEqualTo("response.failed");
      assertThat(script.awaitGone()).isTrue();
      api.awaitIdle();
      assertThat(api.memory.reserved()).isZero();
    }
  }

  @Test
  void anEventThatThereIsNoMemoryForEndsItsAnswer() throws Exception {
    var script = script().stream().data(chunk("Hi"));
    script.text("data: " + "x".repeat(1 << 20));
    try (var upstream = new ScriptedUpstream().on(CHAT, script.stall());
        var api = api(upstream, 1 << 20)) {
      var id = api.begin(CHAT, ASK);
      assertThat(api.events(id).getLast().data()).contains("memory_full");
      api.awaitIdle();
      assertThat(api.memory.reserved()).isZero();
    }
  }

  @Test
  void aWholeReplyThatThereIsNoMemoryForIsRefused() throws Exception {
    var script = script().json(200, "{\"x\":\"" + "y".repeat(1 << 20) + "\"}");
    try (var upstream = new ScriptedUpstream().on(CHAT, script);
        var api = api(upstream, 1 << 20)) {
      assertRefused((Reply) api.post(CHAT, ASK.replace("\"stream\":true,", "")));
      assertThat(api.memory.reserved()).isZero();
    }
  }

  @Test
  void whatIsRememberedOfEarlierAnswersYieldsToRunningOnes() throws Exception {
    var done = script().stream().data(chunk("Hi")).data(chunk("").replace("null", "\"stop\""));
    try (var upstream = new ScriptedUpstream().on(CHAT, done.done().end());
        var api = api(upstream, 384 << 10)) {
      var input = "z".repeat(20_000);
      for (int i = 0; i < 20; i++) {
        var id = api.begin(RESPONSES, ASK_RESPONSE.replace("hi", input));
        assertThat(api.events(id).toString()).contains("response.completed");
        api.awaitIdle();
      }
      assertThat(api.memory.reserved(Holder.ANSWERS)).isPositive();
      api.api.close();
      assertThat(api.memory.reserved()).isZero();
    }
  }
}
