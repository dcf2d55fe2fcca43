// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Responses request. Immutable.
 *
 * @param asked as it came
 * @param model the model asked for
 * @param streaming whether events are asked for
 * @param background whether the answer goes on without readers
 * @param stored whether it may be retrieved later
 * @param previous the answer that this one goes on from, as the client knows it; null for none
 * @param earlier answers that {@code previous} may name
 */
record ResponsesRequest(
    AskedBody asked,
    String model,
    boolean streaming,
    boolean background,
    boolean stored,
    @Nullable String previous,
    EarlierAnswers earlier)
    implements AnswerRequest {

  static ResponsesRequest of(AskedBody asked, EarlierAnswers earlier) {
    var body = asked.object();
    var model = AnswerRequest.requiredText(body, "model");
    var input = body.get("input");
    if (input == null || input.isNull()) {
      if (!body.hasNonNull("prompt")) {
        throw AnswerRequest.missing("input");
      }
    } else if (!input.isString() && !(input.isArray() && !input.isEmpty())) {
      throw AnswerRequest.wrongType("input", "a string, or an array of 1 or more items");
    }
    boolean streaming = AnswerRequest.flag(body, "stream", false);
    boolean background = AnswerRequest.flag(body, "background", false);
    boolean stored = AnswerRequest.flag(body, "store", true);
    if (background && !stored) {
      throw ApiException.invalid(
          "store", "invalid_value", "Invalid 'store': background answers are always stored.");
    }
    AnswerRequest.optionalObject(body, "stream_options");
    AnswerRequest.optionalObject(body, "metadata");
    var previous =
        body.hasNonNull("previous_response_id")
            ? AnswerRequest.requiredText(body, "previous_response_id")
            : null;
    if (previous != null && body.hasNonNull("conversation")) {
      throw ApiException.invalid(
          "previous_response_id",
          "mutually_exclusive_parameters",
          "'previous_response_id' and 'conversation' exclude each other.");
    }
    return new ResponsesRequest(asked, model, streaming, background, stored, previous, earlier);
  }

  /** {@return the object as it came, not to be changed} */
  ObjectNode body() {
    return asked.object();
  }

  @Override
  public Dialect dialect() {
    return Dialect.RESPONSES;
  }

  @Override
  public ObjectNode body(Dialect wire, Upstream upstream, boolean relayed) {
    return wire == Dialect.CHAT ? translated(upstream, relayed) : asIs(relayed);
  }

  /** Everything the client said, save that this server is the one that keeps background answers. */
  private ObjectNode asIs(boolean relayed) {
    var copy = body().deepCopy();
    if (background) {
      copy.remove("background");
    }
    if (relayed) {
      copy.put("stream", true);
    }
    var known = previous == null ? null : earlier.find(previous);
    if (known != null && known.upstreamId() != null) {
      copy.put("previous_response_id", known.upstreamId());
    }
    return copy;
  }

  private ObjectNode translated(Upstream upstream, boolean relayed) {
    var chat = ChatTranslation.request(this);
    if (relayed) {
      chat.put("stream", true);
      if (upstream.asksUsage()) {
        chat.putObject("stream_options").put("include_usage", true);
      }
    }
    return chat;
  }
}
