// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that goes in mid-answer, gently or not, and what its readers are told. */
@Timeout(120)
class StopIT {
  private static final String ASK =
      "{\"model\":\"demo\",\"stream\":true,\"input\":\"how do I use it?\"}";
  private static final String CHAT =
      "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"use\"}]}";

  @Test
  void killedInMidAnswerItsReadersSeeACutAndGoOnWhereTheyWere() throws IOException {
    try (var killed = RunningTeleprinter.start();
        var answer = EventWire.post(killed.port(), "/v1/responses?event_ids=true", ASK);
        var topic = EventWire.get(killed.port(), "/.well-known/mercure?topic=t")) {
      var delta = blockWith(answer, "response.output_text.delta");
      publish(killed, "topic=t&data=one");
      var one = topic.block();
      killed.kill();
      assertThatThrownBy(() -> rest(answer)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> rest(topic)).isInstanceOf(IOException.class);

      try (var restarted = killed.again()) {
        try (var back = resume(restarted, location(answer), EventWire.field(delta, "id"))) {
          assertThat(back.status()).isEqualTo(200);
          assertThat(rest(back))
              .contains("event: error\n", "\"code\":\"interrupted\"", "event: response.failed\n")
              .endsWith("data: [DONE]\n\n")
              .doesNotContain("response.completed", "event: gap");
        }
        var again = "/.well-known/mercure?topic=t";
        try (var back = resume(restarted, again, EventWire.field(one, "id"))) {
          assertThat(back.status()).isEqualTo(200);
          publish(restarted, "topic=t&data=two");
          assertThat(back.block()).contains("data: two\n").doesNotContain("event: gap");
        }
      }
    }
  }

  @Test
  void killedWithAllItsDataInMemoryItIsHonestAfterARestart() throws IOException {
    try (var killed = RunningTeleprinter.start("data_dir: memory");
        var answer = EventWire.post(killed.port(), "/v1/responses?event_ids=true", ASK);
        var chat = EventWire.post(killed.port(), "/v1/chat/completions", CHAT);
        var topic = EventWire.get(killed.port(), "/.well-known/mercure?topic=t")) {
      var delta = blockWith(answer, "response.output_text.delta");
      blockWith(chat, "\"content\"");
      publish(killed, "topic=t&data=one");
      var one = topic.block();
      killed.kill();
      assertThatThrownBy(() -> rest(answer)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> rest(chat)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> rest(topic)).isInstanceOf(IOException.class);

      var path = location(answer);
      try (var restarted = killed.again()) {
        try (var back = resume(restarted, path, EventWire.field(delta, "id"))) {
          assertThat(back.status()).isEqualTo(404);
          assertThat(back.rest()).contains("\"type\":\"invalid_request_error\"", "not found");
        }
        var again = "/.well-known/mercure?topic=t";
        try (var back = resume(restarted, again, EventWire.field(one, "id"))) {
          assertThat(back.status()).isEqualTo(200);
          assertThat(back.block())
              .contains("event: gap\n")
              .contains("\"requested\":\"" + EventWire.field(one, "id") + "\"");
          publish(restarted, "topic=t&data=two");
          assertThat(back.block()).contains("data: two\n");
        }
      }
    }
  }

  @Test
  void stoppedInMidAnswerAfterItsDrainTimeItTellsReadersThatItFailed() throws IOException {
    try (var stopped = RunningTeleprinter.start("answers: {drain: 200ms}");
        var answer = EventWire.post(stopped.port(), "/v1/responses", ASK);
        var chat = EventWire.post(stopped.port(), "/v1/chat/completions", CHAT)) {
      blockWith(answer, "response.output_text.delta");
      blockWith(chat, "\"content\"");
      stopped.terminate();
      assertThat(rest(answer))
          .contains("event: error\n", "event: response.failed\n", "\"status\":\"failed\"")
          .doesNotContain("response.completed");
      assertThat(rest(chat))
          .contains("event: error\n", "{\"error\":{")
          .doesNotContain("[DONE]", "\"finish_reason\":\"stop\"");
    }
  }

  @Test
  void stoppedInMidAnswerItLetsTheAnswerFinishWithinItsDrainTime() throws IOException {
    var brief = ASK.replace("\"stream\"", "\"max_output_tokens\":40,\"stream\"");
    try (var stopped = RunningTeleprinter.start();
        var answer = EventWire.post(stopped.port(), "/v1/responses", brief)) {
      blockWith(answer, "response.output_text.delta");
      stopped.terminate();
      assertThat(rest(answer)).endsWith("data: [DONE]\n\n").doesNotContain("event: error");
    }
  }

  private static String blockWith(EventWire wire, String text) throws IOException {
    while (true) {
      var block = wire.block();
      assertThat(block).as("before " + text).isNotNull();
      if (block.contains(text)) {
        return block;
      }
    }
  }

  private static String rest(EventWire wire) throws IOException {
    var rest = new StringBuilder();
    for (var block = wire.block(); block != null; block = wire.block()) {
      rest.append(block);
    }
    return rest.toString();
  }

  private static String location(EventWire wire) {
    return wire.headers()
        .lines()
        .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("content-location: "))
        .map(line -> line.substring(18))
        .findFirst()
        .orElseThrow();
  }

  private static EventWire resume(RunningTeleprinter teleprinter, String path, String id)
      throws IOException {
    var headers = "Accept: text/event-stream\r\nLast-Event-ID: " + id + "\r\n";
    return new EventWire(teleprinter.port(), "GET " + path, headers, "");
  }

  private static void publish(RunningTeleprinter teleprinter, String form) throws IOException {
    var headers = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n";
    try (var wire = new EventWire(teleprinter.port(), "POST /.well-known/mercure", headers, form)) {
      assertThat(wire.status()).isEqualTo(200);
    }
  }
}
