// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Upstreams that close the connection right behind what they say, as many do with an error. Nothing
 * of it may be lost, however close behind: so each many times.
 */
@Timeout(30)
class ClosingUpstreamProtocolTest {
  private static final int TIMES = 100;
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";
  private static final String ASK_CHAT =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String ASK_RESPONSES = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";
  private static final String CHUNK =
      "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
          + "\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}";
  private static final String CREATED =
      "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_12345678\","
          + "\"object\":\"response\",\"status\":\"in_progress\",\"model\":\"m\",\"output\":[]}}";
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
  private static final String REFUSAL = "{\"error\":{\"message\":\"no\",\"type\":\"t\"}}";

  /** In one write: head, body and end arrive at once. */
  private static Script untilClose(String data) {
    return script().raw(HEAD + "\r\ndata: " + data + "\n\n").close();
  }

  private static Script chunked(String data) {
    return script().stream().data(data).close();
  }

  @Test
  void whatAChatUpstreamSaidIsRead() throws Exception {
    for (var script : List.of(untilClose(CHUNK), chunked(CHUNK))) {
      try (var upstream = new ScriptedUpstream().on(CHAT, script);
          var api = TestApi.over(upstream)) {
        for (int i = 0; i < TIMES; i++) {
          var events = api.events(api.begin(CHAT, ASK_CHAT));
          assertThat(events).extracting(Event::type).containsOnly("message");
          assertThat(events.getLast().data()).isEqualTo("[DONE]");
        }
      }
    }
  }

  @Test
  void whatAResponsesUpstreamSaidIsRead() throws Exception {
    for (var script : List.of(untilClose(CREATED), chunked(CREATED))) {
      try (var upstream = new ScriptedUpstream().on(RESPONSES, script);
          var api = TestApi.over(upstream)) {
        for (int i = 0; i < TIMES; i++) {
          var events = api.events(api.begin(RESPONSES, ASK_RESPONSES));
          assertThat(events)
              .extracting(Event::type)
              .containsExactly("response.created", "error", "response.failed", "message");
        }
      }
    }
  }

  @Test
  void aRefusalIsPassedOn() throws Exception {
    var refusal = script().json(400, REFUSAL, "Connection: close").close();
    for (var ask : List.of(ASK_CHAT, ASK_CHAT.replace("\"stream\":true,", ""))) {
      try (var upstream = new ScriptedUpstream().on(CHAT, refusal);
          var api = TestApi.over(upstream)) {
        for (int i = 0; i < TIMES; i++) {
          var reply = (Response.Reply) api.post(CHAT, ask);
          assertThat(reply.status()).isEqualTo(400);
          assertThat(TestApi.text(reply)).isEqualTo(REFUSAL);
        }
      }
    }
  }
}
