// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import java.io.IOException;

/** {@code /v1/chat/completions}. Thread-safe. */
final class ChatEndpoint {
  private final AnswerStarter starter;
  private final AnswerReading reading;

  ChatEndpoint(AnswerStarter starter, AnswerReading reading) {
    this.starter = starter;
    this.reading = reading;
  }

  Response post(Request http) throws IOException {
    var request = ChatRequest.of(AnswerRequest.object(http));
    var policy = starter.policy(http, false);
    boolean ids = AnswerReading.wantsIds(http);
    if (!request.streaming()) {
      return whole(request, http);
    }
    return switch (starter.start(request, http, policy)) {
      case Answer.Start.Refused(var reply) -> reply;
      case Answer.Start.Begun(var id) -> reading.follow(Dialect.CHAT, id, ids);
    };
  }

  private Response whole(ChatRequest request, Request http) {
    try (var memory = starter.memoryFor(request)) {
      var routed = starter.whole(request, http, memory);
      var whole = WholeReplies.of(routed);
      return whole.isError()
          ? WholeReplies.error(whole, routed.upstream().name())
          : WholeReplies.asIs(whole);
    }
  }

  Response get(Request http) {
    var id = reading.known(Dialect.CHAT, http.pathParameter("id"));
    return AnswerReading.wantsEvents(http)
        ? reading.subscribe(id, http)
        : Response.json(200, Json.write(reading.completion(id, http::reserve)));
  }

  Response cancel(Request http) {
    var id = reading.known(Dialect.CHAT, http.pathParameter("id"));
    reading.cancel(id);
    return Response.json(200, Json.write(reading.completion(id, http::reserve)));
  }
}
