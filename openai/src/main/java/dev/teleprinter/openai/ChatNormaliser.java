// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the chunks of any chat upstream such that every client library reads them: one id, created
 * and model; the role first; no {@code error: null}; usage only in a chunk without choices, and
 * only for clients that asked; indices on tool calls. Confined to the relay.
 *
 * <p>A chunk that is right already, nearly all are, is passed on as the very text that came, with
 * this server's id in its place: {@link ChatPattern} knows one that differs from an earlier one in
 * its words alone, {@link ChatPeek} tells of any other in one pass without building a tree.
 */
final class ChatNormaliser {
  private static final String OBJECT = "chat.completion.chunk";

  private final ChatRequest request;
  private final Answer answer;
  private final ChatPeek peek = new ChatPeek();
  private final ChatPattern pattern = new ChatPattern();
  private final BitSet finished = new BitSet();
  private String id = "";
  private String model = "";
  private long created;
  private @Nullable JsonNode usage; // seen beside choices, owed to the client
  private boolean usageSent;
  private int toolIndex = -1;

  ChatNormaliser(ChatRequest request, Answer answer) {
    this.request = request;
    this.answer = answer;
  }

  /** {@return whether every choice has its finish_reason} */
  boolean isFinished() {
    return finished.cardinality() >= Math.max(request.choices(), peek.begun.cardinality());
  }

  /**
   * {@return the chunk for the client; null when there is none}
   *
   * @param type the event's {@code event:} line
   * @throws UpstreamException if it is an error
   * @throws tools.jackson.core.JacksonException if it is not JSON
   */
  @Nullable String normalise(String type, String data) {
    var words = normaliseWords(type, data);
    return words == null ? parse(type, data) : words;
  }

  /** {@return the chunk for the client if it is one of nothing but words, like others before} */
  @Nullable String normaliseWords(String type, String data) {
    return type.equals("error") ? null : pattern.match(data);
  }

  private @Nullable String parse(String type, String data) {
    peek.read(data);
    if (peek.error || type.equals("error") || peek.finish.equals("error")) {
      var object = Json.tryObject(data, answer.memory()::holdTree);
      throw UpstreamException.reported(object == null ? Json.object() : object);
    }
    if (peek.choices < 0 && !peek.usage) {
      return null; // not a chunk: somebody's heartbeat
    }
    if (id.isEmpty()) {
      begin();
    }
    if (!peek.finish.isEmpty()) {
      finished.or(peek.finished);
    }
    if (peek.usage && peek.choices <= 0) {
      usageSent = true;
      if (!request.wantsUsage()) {
        return null;
      }
    }
    if (!isRightButForId()) {
      return rewrite(data);
    }
    var chunk = withId(data);
    boolean onlyWords = peek.choices == 1 && peek.wordsFrom > peek.idTo && peek.finish.isEmpty();
    if (onlyWords) {
      pattern.learn(data, peek, chunk);
    }
    return chunk;
  }

  private void begin() {
    id = answer.begin();
    model = peek.model.isEmpty() ? request.model() : peek.model;
    created = peek.created > 0 ? peek.created : answer.createdAtSeconds();
  }

  private boolean isRightButForId() {
    return peek.idTo > 0
        && peek.created == created
        && peek.model.equals(model)
        && peek.object.equals(OBJECT)
        && !peek.errorNull
        && !(peek.usage && peek.choices != 0)
        && !peek.roleMissing
        && !peek.toolIndexMissing;
  }

  private String withId(String data) {
    return new StringBuilder(data.length() + id.length())
        .append(data, 0, peek.idFrom)
        .append('"')
        .append(id)
        .append('"')
        .append(data, peek.idTo, data.length())
        .toString();
  }

  private @Nullable String rewrite(String data) {
    var chunk = Json.tryObject(data, answer.memory()::holdTree);
    if (chunk == null) {
      return null; // cannot be: the peek has read it as an object
    }
    chunk.put("id", id).put("object", OBJECT).put("created", created).put("model", model);
    chunk.remove("error");
    var choices = chunk.withArray("choices");
    if (!choices.isEmpty() && chunk.hasNonNull("usage")) {
      usage = chunk.get("usage");
      if (request.wantsUsage()) {
        chunk.putNull("usage");
      } else {
        chunk.remove("usage");
      }
    }
    for (var choice : choices) {
      if (choice.get("delta") instanceof ObjectNode delta) {
        rewrite(delta);
      }
    }
    return Json.write(chunk);
  }

  private void rewrite(ObjectNode delta) {
    if (peek.roleMissing && !delta.hasNonNull("role")) {
      delta.put("role", "assistant");
    }
    if (delta.get("tool_calls") instanceof ArrayNode calls) {
      for (var call : calls) {
        if (!(call instanceof ObjectNode object)) {
          continue;
        }
        if (object.hasNonNull("index")) {
          toolIndex = object.get("index").asInt(toolIndex);
        } else {
          toolIndex = object.hasNonNull("id") || toolIndex < 0 ? toolIndex + 1 : toolIndex;
          object.put("index", toolIndex);
        }
      }
    }
  }

  /**
   * {@return the chunk of usage that the client asked for and the upstream put elsewhere, if so}
   */
  @Nullable String lateUsage() {
    if (usage == null || usageSent || !request.wantsUsage()) {
      return null;
    }
    var chunk =
        Json.object()
            .put("id", id)
            .put("object", OBJECT)
            .put("created", created)
            .put("model", model);
    chunk.putArray("choices");
    chunk.set("usage", usage);
    return Json.write(chunk);
  }
}
