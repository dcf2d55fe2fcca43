// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Responses request in the words of Chat Completions, for text. What chat cannot say is refused
 * by name; nothing is dropped in silence. Stateless.
 */
final class ChatTranslation {
  /** The same in both APIs. */
  private static final Set<String> SAME =
      Set.of(
          "model",
          "temperature",
          "top_p",
          "user",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention",
          "frequency_penalty",
          "presence_penalty",
          "seed",
          "stop");

  /** Done by this server, or translated below. */
  private static final Set<String> OURS =
      Set.of(
          "input",
          "instructions",
          "stream",
          "stream_options",
          "store",
          "background",
          "metadata",
          "previous_response_id",
          "max_output_tokens",
          "text",
          "reasoning");

  private ChatTranslation() {}

  static ObjectNode request(ResponsesRequest request) {
    var body = request.body();
    var chat = Json.object();
    for (var property : body.properties()) {
      var name = property.getKey();
      var value = property.getValue();
      if (value.isNull() || OURS.contains(name)) {
        continue;
      }
      if (SAME.contains(name)) {
        chat.set(name, value);
      } else if (!saysNothing(name, value)) {
        throw unsupported(name);
      }
    }
    var max = body.get("max_output_tokens");
    if (max != null && !max.isNull()) {
      if (!max.isIntegralNumber() || !max.canConvertToLong() || max.longValue() < 1) {
        throw AnswerRequest.wrongType("max_output_tokens", "a whole number above 0");
      }
      chat.set("max_tokens", max);
    }
    format(body, chat);
    reasoning(body, chat);
    chat.set("messages", messages(request));
    return chat;
  }

  /** Defaults that clients like to spell out. */
  private static boolean saysNothing(String name, JsonNode value) {
    return switch (name) {
      case "tools", "include" -> value.isArray() && value.isEmpty();
      case "tool_choice" -> isText(value, "auto") || isText(value, "none");
      case "truncation" -> isText(value, "disabled");
      case "parallel_tool_calls" -> value.isBoolean();
      case "top_logprobs" -> value.isInt() && value.intValue() == 0;
      default -> false;
    };
  }

  private static boolean isText(JsonNode value, String text) {
    return value.isString() && value.stringValue().equals(text);
  }

  private static void format(ObjectNode body, ObjectNode chat) {
    var text = AnswerRequest.optionalObject(body, "text");
    if (text == null) {
      return;
    }
    for (var property : text.properties()) {
      if (!property.getKey().equals("format") && !property.getKey().equals("verbosity")) {
        throw unsupported("text." + property.getKey());
      }
    }
    if (text.hasNonNull("verbosity")) {
      chat.set("verbosity", text.get("verbosity"));
    }
    var format = AnswerRequest.optionalObject(text, "format");
    if (format == null) {
      return;
    }
    switch (Json.text(format, "type", "")) {
      case "text" -> {}
      case "json_object" -> chat.putObject("response_format").put("type", "json_object");
      case "json_schema" -> {
        var schema = format.deepCopy();
        schema.remove("type");
        chat.putObject("response_format").put("type", "json_schema").set("json_schema", schema);
      }
      default -> throw unsupported("text.format.type");
    }
  }

  private static void reasoning(ObjectNode body, ObjectNode chat) {
    var reasoning = AnswerRequest.optionalObject(body, "reasoning");
    if (reasoning == null) {
      return;
    }
    for (var property : reasoning.properties()) {
      if (property.getValue().isNull()) {
        continue;
      }
      if (!property.getKey().equals("effort")) {
        throw unsupported("reasoning." + property.getKey());
      }
      chat.set("reasoning_effort", property.getValue());
    }
  }

  /**
   * The chat so far and what is new. The instructions are this request's only: earlier ones are not
   * inherited (Responses API, {@code previous_response_id}).
   */
  private static ArrayNode messages(ResponsesRequest request) {
    var messages = Json.array();
    var instructions = Json.text(request.body(), "instructions");
    if (instructions != null) {
      messages.add(message("system", instructions));
    } else if (request.body().hasNonNull("instructions")) {
      throw AnswerRequest.wrongType("instructions", "a string");
    }
    return messages.addAll(conversation(request));
  }

  /** {@return the chat so far and what is new, without instructions} */
  static ArrayNode conversation(ResponsesRequest request) {
    var messages = Json.array();
    if (request.previous() != null) {
      var earlier = request.earlier().find(request.previous());
      if (earlier == null || earlier.messages() == null) {
        throw ApiException.invalid(
            "previous_response_id",
            "previous_response_not_found",
            "Previous response with id '" + request.previous() + "' not found.");
      }
      messages.addAll(earlier.messages());
    }
    var input = request.body().get("input");
    if (input == null || input.isNull()) {
      throw AnswerRequest.missing("input");
    }
    if (input.isString()) {
      return messages.add(message("user", input.stringValue()));
    }
    for (int i = 0; i < input.size(); i++) {
      messages.add(message(input.get(i), "input[" + i + "]"));
    }
    return messages;
  }

  static ObjectNode message(String role, String text) {
    return Json.object().put("role", role).put("content", text);
  }

  private static ObjectNode message(JsonNode item, String name) {
    if (!(item instanceof ObjectNode object)) {
      throw AnswerRequest.wrongType(name, "an object");
    }
    if (!Json.text(object, "type", "message").equals("message")) {
      throw unsupported(name + ".type");
    }
    var role = Json.text(object, "role", "");
    var chatRole =
        switch (role) {
          case "user", "assistant", "system" -> role;
          case "developer" -> "system"; // what servers that never heard of developers understand
          default ->
              throw AnswerRequest.wrongType(name + ".role", "user, assistant, system or developer");
        };
    var content = object.get("content");
    if (content != null && content.isString()) {
      return message(chatRole, content.stringValue());
    }
    if (!(content instanceof ArrayNode parts) || parts.isEmpty()) {
      throw AnswerRequest.wrongType(name + ".content", "a string, or an array of 1 or more parts");
    }
    return parts.size() == 1
        ? message(chatRole, partText(parts.get(0), name + ".content[0]"))
        : Json.object().put("role", chatRole).set("content", textParts(parts, name));
  }

  private static ArrayNode textParts(ArrayNode parts, String name) {
    var texts = Json.array();
    for (int i = 0; i < parts.size(); i++) {
      texts
          .addObject()
          .put("type", "text")
          .put("text", partText(parts.get(i), name + ".content[" + i + "]"));
    }
    return texts;
  }

  private static String partText(JsonNode part, String name) {
    var type = Json.text(part, "type", "");
    if (!type.equals("input_text") && !type.equals("output_text") && !type.equals("text")) {
      throw unsupported(name + ".type");
    }
    var text = Json.text(part, "text");
    if (text == null) {
      throw AnswerRequest.wrongType(name + ".text", "a string");
    }
    return text;
  }

  private static ApiException unsupported(String name) {
    return ApiException.invalid(
        name,
        "unsupported_parameter",
        "Unsupported parameter: '"
            + name
            + "' (its value cannot be translated for this model's upstream, which speaks Chat"
            + " Completions only).");
  }
}
