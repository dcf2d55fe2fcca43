// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Chat Completions request. Immutable.
 *
 * @param asked as it came
 * @param model the model asked for
 * @param streaming whether events are asked for
 * @param wantsUsage whether the client asked for a chunk with usage
 * @param choices how many answers in one, {@code n}
 */
record ChatRequest(
    AskedBody asked, String model, boolean streaming, boolean wantsUsage, int choices)
    implements AnswerRequest {

  static ChatRequest of(AskedBody asked) {
    var body = asked.object();
    var model = AnswerRequest.requiredText(body, "model");
    var messages = body.get("messages");
    if (messages == null || messages.isNull()) {
      throw AnswerRequest.missing("messages");
    }
    if (!(messages instanceof ArrayNode) || messages.isEmpty()) {
      throw AnswerRequest.wrongType("messages", "an array of 1 or more messages");
    }
    for (int i = 0; i < messages.size(); i++) {
      if (!(messages.get(i) instanceof ObjectNode message) || Json.text(message, "role") == null) {
        throw AnswerRequest.wrongType("messages[" + i + "]", "an object with a role");
      }
    }
    boolean streaming = AnswerRequest.flag(body, "stream", false);
    var options = AnswerRequest.optionalObject(body, "stream_options");
    boolean usage = options != null && AnswerRequest.flag(options, "include_usage", false);
    var n = body.get("n");
    if (n != null && !n.isNull() && (!n.isInt() || n.intValue() < 1 || n.intValue() > 128)) {
      throw AnswerRequest.wrongType("n", "a number from 1 to 128");
    }
    return new ChatRequest(
        asked, model, streaming, usage, n == null || n.isNull() ? 1 : n.intValue());
  }

  @Override
  public Dialect dialect() {
    return Dialect.CHAT;
  }

  @Override
  public ObjectNode body(Dialect wire, Upstream upstream, boolean relayed) {
    var body = asked.object();
    if (wire != Dialect.CHAT) {
      throw new IllegalStateException("chat: asked as " + wire + " (expected: CHAT)");
    }
    if (!relayed || !upstream.asksUsage() || wantsUsage) {
      return body;
    }
    var asking = body.deepCopy();
    var options =
        asking.get("stream_options") instanceof ObjectNode given
            ? given
            : asking.putObject("stream_options");
    options.put("include_usage", true);
    return asking;
  }
}
