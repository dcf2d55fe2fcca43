// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal.Recorded;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Response put together from its events: the log is the state, nothing else is kept while an
 * answer runs. Confined to its caller.
 */
final class ResponseAccumulator {
  private static final int PARTS_MAX = 4096;

  private record Place(int output, String field, int index) {}

  private final Map<Integer, ObjectNode> items = new TreeMap<>();
  private final Map<Place, StringBuilder> texts = new LinkedHashMap<>();
  private final Map<Place, ObjectNode> parts = new HashMap<>();
  private @Nullable ObjectNode response;
  private boolean terminal;

  private ResponseAccumulator() {}

  /**
   * {@return the Response as far as the events tell: the terminal one's own, else what it began as
   * with the output so far}
   *
   * @param otherwise what it began as if no event says
   */
  static ObjectNode of(List<Recorded> events, ObjectNode otherwise) {
    var accumulator = new ResponseAccumulator();
    for (var recorded : events) {
      var event = Json.tryObject(recorded.event().data());
      if (event != null) {
        accumulator.add(Json.text(event, "type", ""), event);
      }
    }
    return accumulator.result(otherwise);
  }

  /** {@return whether a Responses event is the one that ends an answer} */
  static boolean isTerminal(String type) {
    return type.equals("response.completed")
        || type.equals("response.failed")
        || type.equals("response.incomplete");
  }

  private void add(String type, ObjectNode event) {
    if (event.get("response") instanceof ObjectNode whole) {
      response = whole;
      terminal = isTerminal(type);
      return;
    }
    int output = event.path("output_index").asInt(0);
    switch (type) {
      case "response.output_item.added", "response.output_item.done" -> setItem(output, event);
      case "response.content_part.added", "response.content_part.done" ->
          setPart(new Place(output, "content", event.path("content_index").asInt(0)), event);
      case "response.reasoning_summary_part.added", "response.reasoning_summary_part.done" ->
          setPart(new Place(output, "summary", event.path("summary_index").asInt(0)), event);
      case "response.output_text.delta",
          "response.refusal.delta",
          "response.reasoning_text.delta" ->
          append(new Place(output, "content", event.path("content_index").asInt(0)), event);
      case "response.reasoning_summary_text.delta" ->
          append(new Place(output, "summary", event.path("summary_index").asInt(0)), event);
      case "response.function_call_arguments.delta" ->
          append(new Place(output, "arguments", 0), event);
      case "response.custom_tool_call_input.delta" -> append(new Place(output, "input", 0), event);
      default -> {} // the rest repeats what these said, or is about tools' inner life
    }
  }

  private void setItem(int output, ObjectNode event) {
    if (event.get("item") instanceof ObjectNode item) {
      items.put(output, item);
      texts.keySet().removeIf(place -> place.output == output);
      parts.keySet().removeIf(place -> place.output == output);
    }
  }

  private void setPart(Place place, ObjectNode event) {
    if (event.get("part") instanceof ObjectNode part) {
      parts.put(place, part);
      texts.remove(place);
    }
  }

  private void append(Place place, ObjectNode event) {
    texts.computeIfAbsent(place, p -> new StringBuilder()).append(Json.text(event, "delta", ""));
  }

  private ObjectNode result(ObjectNode otherwise) {
    var result = response == null ? otherwise : response;
    if (terminal) {
      return result;
    }
    texts.forEach(this::putText);
    parts.forEach(this::putPart);
    var output = result.putArray("output");
    for (var item : items.values()) {
      output.add(item);
    }
    return result;
  }

  private void putText(Place place, StringBuilder text) {
    if (place.field.equals("arguments") || place.field.equals("input")) {
      var item = items.get(place.output);
      if (item != null) {
        item.put(place.field, text.toString());
      }
      return;
    }
    var part = parts.computeIfAbsent(place, p -> ResponseObjects.part(""));
    var field = Json.text(part, "type", "").equals("refusal") ? "refusal" : "text";
    part.put(field, Json.text(part, field, "") + text);
  }

  private void putPart(Place place, ObjectNode part) {
    var item = items.get(place.output);
    if (item == null || place.index < 0 || place.index >= PARTS_MAX) {
      return; // trimmed with the event that began it, or nonsense
    }
    var array = item.withArray(place.field);
    while (array.size() <= place.index) {
      array.addObject();
    }
    array.set(place.index, (JsonNode) part);
  }
}
