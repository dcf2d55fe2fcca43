// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Response objects (Responses API) that this server writes itself. Stateless. */
final class ResponseObjects {
  /** What a Response repeats of its request, by name. */
  private static final String[] REPEATED = {
    "instructions",
    "max_output_tokens",
    "previous_response_id",
    "reasoning",
    "service_tier",
    "temperature",
    "top_p",
    "user",
    "safety_identifier",
    "prompt_cache_key"
  };

  private ResponseObjects() {}

  /** {@return an answer without output yet} */
  static ObjectNode started(
      ResponsesRequest request, String id, long createdAtSeconds, String status) {
    var asked = request.body();
    var response =
        Json.object()
            .put("id", id)
            .put("object", "response")
            .put("created_at", createdAtSeconds)
            .put("status", status)
            .put("background", request.background());
    response.putNull("error");
    response.putNull("incomplete_details");
    response.put("model", request.model());
    response.putArray("output");
    for (var name : REPEATED) {
      response.set(name, asked.hasNonNull(name) ? asked.get(name) : Json.object().nullNode());
    }
    response.set("parallel_tool_calls", or(asked, "parallel_tool_calls", Json.parse("true")));
    response.set("tool_choice", or(asked, "tool_choice", Json.parse("\"auto\"")));
    response.set("tools", or(asked, "tools", Json.array()));
    response.set("metadata", or(asked, "metadata", Json.object()));
    response.set("text", or(asked, "text", Json.parse("{\"format\":{\"type\":\"text\"}}")));
    response.set("truncation", or(asked, "truncation", Json.parse("\"disabled\"")));
    response.put("store", request.stored());
    response.putNull("usage");
    return response;
  }

  private static JsonNode or(ObjectNode asked, String name, JsonNode otherwise) {
    return asked.hasNonNull(name) ? asked.get(name) : otherwise;
  }

  /** {@return an assistant's message} */
  static ObjectNode message(String id, String status, String text) {
    var item = Json.object().put("id", id).put("type", "message").put("status", status);
    item.put("role", "assistant").putArray("content").add(part(text));
    return item;
  }

  /** {@return a part of a message} */
  static ObjectNode part(String text) {
    var part = Json.object().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    part.putArray("logprobs");
    return part;
  }

  /** {@return chat usage in the words of Responses} */
  static ObjectNode usage(JsonNode chat) {
    var usage = Json.object().put("input_tokens", chat.path("prompt_tokens").asLong(0));
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", chat.path("prompt_tokens_details").path("cached_tokens").asLong(0))
        .put("cache_write_tokens", 0);
    usage.put("output_tokens", chat.path("completion_tokens").asLong(0));
    usage
        .putObject("output_tokens_details")
        .put(
            "reasoning_tokens",
            chat.path("completion_tokens_details").path("reasoning_tokens").asLong(0));
    return usage.put("total_tokens", chat.path("total_tokens").asLong(0));
  }

  /** Says in a Response why it is over, as {@code finish_reason} said it in chat. */
  static void finish(ObjectNode response, String finishReason) {
    var reason =
        switch (finishReason) {
          case "length" -> "max_output_tokens";
          case "content_filter" -> "content_filter";
          default -> "";
        };
    response.put("status", reason.isEmpty() ? "completed" : "incomplete");
    if (!reason.isEmpty()) {
      response.putObject("incomplete_details").put("reason", reason);
    }
  }

  /** {@return all text of a Response's messages} */
  static String outputText(JsonNode response) {
    var text = new StringBuilder();
    for (var item : response.path("output")) {
      for (var part : item.path("content")) {
        if (Json.text(part, "type", "").equals("output_text")) {
          text.append(Json.text(part, "text", ""));
        }
      }
    }
    return text.toString();
  }
}
