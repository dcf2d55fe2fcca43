// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream;
import dev.teleprinter.openai.ScriptedUpstream.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Upstreams that say "Hi 世界 👩‍👩‍👧!" and each go about it in a wrong way of their own, told apart
 * by the model's name. Those named {@code r-…} speak Responses, the others chat. Thread-safe.
 */
final class FaultyUpstream implements AutoCloseable {
  static final String TEXT = "Hi 世界 👩‍👩‍👧!";

  /** Odd, but whole. */
  static final List<String> WHOLE =
      List.of("plain", "crlf", "utf8", "no-done", "usage", "error-null", "slow", "r-plain");

  /** Never whole. */
  static final List<String> BROKEN =
      List.of("stall", "reset", "half", "cut", "error", "r-cut", "r-error", "r-failed");

  private static final List<String> PIECES = List.of("Hi", " 世", "界", " 👩‍👩‍👧!");

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final Map<String, Script> scripts = new LinkedHashMap<>();

  FaultyUpstream() throws IOException {
    add("plain", said(script().stream(), "").done().end());
    add("crlf", script().stream().byByte(events("").replace("\n", "\r\n")).done().end());
    add("utf8", script().stream().byByte(events("")).done().end());
    add("no-done", said(script().stream(), "").end());
    add("usage", said(script().stream(), ",\"usage\":" + USAGE).done().end());
    add("error-null", said(script().stream(), ",\"error\":null").done().end());
    add(
        "slow",
        script().stream()
            .data(chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null", ""))
            .pause(Duration.ofMillis(2_500))
            .text(events(""))
            .done()
            .end());
    add("stall", begun().stall());
    add("reset", begun().reset());
    add("half", begun().text("data: {\"id\":\"chatcmpl-same\",\"obj").close());
    add("cut", begun().end());
    add(
        "error",
        begun().data("{\"error\":{\"message\":\"boom\",\"type\":\"server_error\",\"code\":null}}"));
    add("r-plain", response(6).end());
    add("r-cut", response(4).end());
    add(
        "r-error",
        response(4)
            .event(
                "error",
                "{\"type\":\"error\",\"sequence_number\":4,"
                    + "\"code\":\"server_error\",\"message\":\"boom\",\"param\":null}")
            .end());
    add(
        "r-failed",
        response(4)
            .event(
                "response.failed",
                "{\"type\":\"response.failed\","
                    + "\"sequence_number\":4,\"response\":"
                    + object("failed", "")
                    + "}")
            .end());
  }

  private static final String USAGE =
      "{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}";

  private void add(String model, Script script) {
    scripts.put(model, script);
    var kind = model.startsWith("r-") ? "responses" : "chat/completions";
    upstream.on("/" + model + "/v1/" + kind, script);
  }

  /** All chunks have the same id, at every request: another wrong that some upstreams do. */
  private static String chunk(String delta, String finish, String extra) {
    return """
    {"id":"chatcmpl-same","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,\
    "delta":%s,"finish_reason":%s}]%s}\
    """
        .formatted(delta, finish, extra);
  }

  private static Script said(Script script, String extra) {
    return script.text(events(extra));
  }

  private static String events(String extra) {
    var events = new StringBuilder();
    for (var piece : PIECES) {
      events.append("data: ").append(chunk("{\"content\":\"" + piece + "\"}", "null", extra));
      events.append("\n\n");
    }
    return events.append("data: ").append(chunk("{}", "\"stop\"", extra)).append("\n\n").toString();
  }

  private static Script begun() {
    return script().stream().data(chunk("{\"content\":\"Hi\"}", "null", ""));
  }

  /** The first events of an answer, as many as asked for of six. */
  private static Script response(int count) {
    var all =
        List.of(
            "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":%s}"
                .formatted(object("in_progress", "")),
            "{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":%s}"
                .formatted(item("in_progress", "")),
            "{\"type\":\"response.content_part.added\",\"sequence_number\":2,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"part\":%s}"
                .formatted(part("")),
            "{\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\",\"logprobs\":[]}",
            "{\"type\":\"response.output_text.delta\",\"sequence_number\":4,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"%s\",\"logprobs\":[]}"
                .formatted(TEXT.substring(2)),
            "{\"type\":\"response.completed\",\"sequence_number\":5,\"response\":%s}"
                .formatted(object("completed", item("completed", part(TEXT)))));
    var script = script().stream();
    for (var data : all.subList(0, count)) {
      script.event(data.substring(9, data.indexOf('"', 9)), data);
    }
    return script;
  }

  private static String part(String text) {
    return "{\"type\":\"output_text\",\"text\":\"%s\",\"annotations\":[],\"logprobs\":[]}"
        .formatted(text);
  }

  private static String item(String status, String content) {
    return "{\"type\":\"message\",\"id\":\"msg_1\",\"status\":\"%s\",\"role\":\"assistant\",\"content\":[%s]}"
        .formatted(status, content);
  }

  private static String object(String status, String output) {
    var error =
        status.equals("failed") ? "{\"code\":\"server_error\",\"message\":\"boom\"}" : "null";
    return """
    {"id":"resp_same","object":"response","created_at":1,"status":"%s","error":%s,"incomplete_details":null,\
    "instructions":null,"metadata":{},"model":"m","output":[%s],"parallel_tool_calls":true,"temperature":1,\
    "tool_choice":"auto","tools":[],"top_p":1}\
    """
        .formatted(status, error, output);
  }

  /** {@return the configuration that makes a model of each} */
  String yaml() {
    var yaml = new StringBuilder("upstreams:\n");
    for (var model : scripts.keySet()) {
      yaml.append(
          "  %s: {base_url: \"%s\", models: [%s], speaks: %s, retries: {attempts: 1}, timeouts: {between_tokens: %s}}\n"
              .formatted(
                  model,
                  upstream.baseUrl().resolve("/" + model + "/v1"),
                  model,
                  model.startsWith("r-") ? "both" : "chat",
                  model.equals("slow") ? "30s" : "1s"));
    }
    return yaml.toString();
  }

  /** Holds what a library's user saw of a model against what is honest. */
  static void assertHonest(String model, String text, String finish, boolean error, String how) {
    if (WHOLE.contains(model)) {
      assertThat(error).as(how).isFalse();
      assertThat(text).as(how).isEqualTo(TEXT);
      assertThat(finish).as(how).isEqualTo("stop");
    } else {
      assertThat(error).as(how).isTrue();
      assertThat(TEXT).as(how).startsWith(text);
      assertThat(finish).as(how).isNotEqualTo("stop");
    }
  }

  @Override
  public void close() throws IOException {
    upstream.close();
  }
}
