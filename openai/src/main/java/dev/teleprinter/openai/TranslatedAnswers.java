// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.databind.node.ObjectNode;

/**
 * Whole Responses made of whole chat completions, and what is kept to go on from them. Stateless.
 */
final class TranslatedAnswers {
  private TranslatedAnswers() {}

  /**
   * {@return a Response with the text of a chat completion}
   *
   * @param messageId of its one message
   */
  static ObjectNode response(
      ResponsesRequest request, ObjectNode completion, String id, String messageId, long created) {
    var response = ResponseObjects.started(request, id, created, "completed");
    response.put("model", Json.text(completion, "model", request.model()));
    var choice = completion.path("choices").path(0);
    ResponseObjects.finish(response, Json.text(choice, "finish_reason", ""));
    var text = Json.text(choice.path("message"), "content", "");
    response
        .withArray("output")
        .add(ResponseObjects.message(messageId, Json.text(response, "status", ""), text));
    if (completion.hasNonNull("usage")) {
      response.set("usage", ResponseObjects.usage(completion.get("usage")));
    }
    return response;
  }

  /** Keeps the chat, this answer included, for {@code previous_response_id}. */
  static void keep(ResponsesRequest request, String id, String text) {
    if (request.stored()) {
      var messages = ChatTranslation.conversation(request);
      messages.add(ChatTranslation.message("assistant", text));
      request.earlier().keep(id, new EarlierAnswers.Earlier("", null, messages));
    }
  }
}
