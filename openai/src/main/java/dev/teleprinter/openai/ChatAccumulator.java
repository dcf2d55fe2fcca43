// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal.Recorded;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A chat completion put together from its chunks. Confined to its caller.
 *
 * <p>Because Chat Completions cannot say that an answer is still running or failed, the object has
 * a {@code status} more than OpenAI's: {@code in_progress}, {@code completed}, {@code failed} or
 * {@code cancelled}, and then the {@code error}.
 */
final class ChatAccumulator {
  private static final class Choice {
    final StringBuilder content = new StringBuilder();
    final StringBuilder refusal = new StringBuilder();
    final Map<Integer, ObjectNode> toolCalls = new TreeMap<>();
    final Map<Integer, StringBuilder> arguments = new TreeMap<>();
    final List<JsonNode> logprobs = new ArrayList<>();
    @Nullable String finishReason;
  }

  private final Map<Integer, Choice> choices = new TreeMap<>();
  private final ObjectNode completion = Json.object();
  private String status = "in_progress";

  private ChatAccumulator() {}

  static ObjectNode of(String id, List<Recorded> events) {
    var accumulator = new ChatAccumulator();
    accumulator.completion.put("id", id).put("object", "chat.completion");
    for (var recorded : events) {
      var data = recorded.event().data();
      if (data.equals(HttpEvents.DONE)) {
        accumulator.status = "completed";
        continue;
      }
      var chunk = Json.tryObject(data);
      if (chunk != null) {
        accumulator.add(chunk);
      }
    }
    return accumulator.result();
  }

  private void add(ObjectNode chunk) {
    var error = chunk.get("error");
    if (error != null) {
      completion.set("error", error);
      status = Json.text(error, "code", "").equals("cancelled") ? "cancelled" : "failed";
      return;
    }
    for (var property : chunk.properties()) {
      switch (property.getKey()) {
        case "id", "object", "choices", "obfuscation" -> {}
        default -> {
          if (!property.getValue().isNull()) {
            completion.set(property.getKey(), property.getValue());
          }
        }
      }
    }
    for (var choice : chunk.path("choices")) {
      int index = choice.path("index").asInt(0);
      add(choices.computeIfAbsent(index, i -> new Choice()), choice);
    }
  }

  private static void add(Choice choice, JsonNode chunk) {
    var delta = chunk.path("delta");
    choice.content.append(Json.text(delta, "content", ""));
    choice.refusal.append(Json.text(delta, "refusal", ""));
    var reason = Json.text(chunk, "finish_reason");
    choice.finishReason = reason == null ? choice.finishReason : reason;
    chunk.path("logprobs").path("content").forEach(choice.logprobs::add);
    for (var call : delta.path("tool_calls")) {
      int index = call.path("index").asInt(0);
      var first = choice.toolCalls.get(index);
      if (first == null && call instanceof ObjectNode object) {
        first = object.deepCopy();
        first.remove("index");
        choice.toolCalls.put(index, first);
      }
      choice
          .arguments
          .computeIfAbsent(index, i -> new StringBuilder())
          .append(Json.text(call.path("function"), "arguments", ""));
    }
  }

  private ObjectNode result() {
    var array = Json.array();
    choices.forEach((index, choice) -> array.add(result(index, choice)));
    completion.set("choices", array);
    return completion.put("status", status);
  }

  private static ObjectNode result(int index, Choice choice) {
    var message = Json.object().put("role", "assistant");
    boolean calls = !choice.toolCalls.isEmpty();
    message.put("content", calls && choice.content.isEmpty() ? null : choice.content.toString());
    message.put("refusal", choice.refusal.isEmpty() ? null : choice.refusal.toString());
    if (calls) {
      ArrayNode array = message.putArray("tool_calls");
      choice.toolCalls.forEach((i, call) -> {
        call.withObject("function").put("arguments", String.valueOf(choice.arguments.get(i)));
        array.add(call);
      });
    }
    var result = Json.object().put("index", index);
    result.set("message", message);
    if (!choice.logprobs.isEmpty()) {
      result.putObject("logprobs").putArray("content").addAll(choice.logprobs);
    }
    return result.put("finish_reason", choice.finishReason);
  }
}
