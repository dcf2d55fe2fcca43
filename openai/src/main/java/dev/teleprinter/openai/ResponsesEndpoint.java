// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/responses}. Thread-safe. */
final class ResponsesEndpoint {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");
  private static final long COPIES = 3; // of a whole Response: it, as it began, and as text

  private final AnswerStarter starter;
  private final AnswerReading reading;
  private final AnswerRegistry registry;
  private final Journal journal;
  private final EarlierAnswers earlier;

  ResponsesEndpoint(
      AnswerStarter starter,
      AnswerReading reading,
      AnswerRegistry registry,
      Journal journal,
      EarlierAnswers earlier) {
    this.starter = starter;
    this.reading = reading;
    this.registry = registry;
    this.journal = journal;
    this.earlier = earlier;
  }

  Response post(Request http) throws IOException {
    var request = ResponsesRequest.of(AnswerRequest.object(http), earlier);
    var policy = starter.policy(http, request.background());
    boolean ids = AnswerReading.wantsIds(http);
    if (!request.streaming() && !request.background()) {
      return whole(request, http);
    }
    return switch (starter.start(request, http, policy)) {
      case Answer.Start.Refused(var reply) -> reply;
      case Answer.Start.Begun(var id) ->
          request.streaming()
              ? reading.follow(Dialect.RESPONSES, id, ids)
              : Response.json(200, Json.write(reading.response(id, http::reserve)))
                  .with("Content-Location", AnswerReading.location(Dialect.RESPONSES, id));
    };
  }

  private Response whole(ResponsesRequest request, Request http) {
    try (var memory = starter.memoryFor(request)) {
      var routed = starter.whole(request, http, memory);
      var whole = WholeReplies.of(routed);
      var upstream = routed.upstream().name();
      if (whole.isError()) {
        return WholeReplies.error(whole, upstream);
      }
      var body = Json.tryObject(whole.body(), bytes -> memory.holdTree(COPIES * bytes));
      return routed.wire() == Dialect.CHAT
          ? translated(request, body, upstream)
          : renamed(request, body, whole, upstream);
    }
  }

  private Response translated(
      ResponsesRequest request, @Nullable ObjectNode completion, String upstream) {
    if (completion == null || !completion.path("choices").isArray()) {
      throw new UpstreamException(
          UpstreamException.Kind.INVALID,
          "The upstream '" + upstream + "' did not answer with a chat completion.");
    }
    var id = registry.newId(Dialect.RESPONSES.idPrefix());
    var response =
        TranslatedAnswers.response(
            request, completion, id, registry.newId("msg_"), registry.nowSeconds());
    TranslatedAnswers.keep(request, id, ResponseObjects.outputText(response));
    return recorded(request, response, id, Response.json(200, Json.write(response)));
  }

  /** A Response that its upstream wrote, byte for byte save for the id: that is ours. */
  private Response renamed(
      ResponsesRequest request, @Nullable ObjectNode body, Upstream.Whole whole, String upstream) {
    var upstreamId = body == null ? null : Json.text(body, "id");
    if (body == null || upstreamId == null) {
      return WholeReplies.asIs(whole);
    }
    var id = registry.newId(Dialect.RESPONSES.idPrefix());
    body.put("id", id);
    if (request.stored()) {
      earlier.keep(id, new EarlierAnswers.Earlier(upstream, upstreamId, null));
      EarlierAnswers.putOrigin(body, upstream, upstreamId);
    }
    var reply = WholeReplies.asIs(whole, Json.withText(whole.body(), "id", id));
    return recorded(request, body, id, reply);
  }

  /** Keeps a whole answer as a topic, so that it can be retrieved like one that streamed. */
  private Response recorded(
      ResponsesRequest request, ObjectNode response, String id, Response.Reply reply) {
    if (!request.stored()) {
      return reply;
    }
    try {
      record(response, id);
      return reply.with("Content-Location", AnswerReading.location(Dialect.RESPONSES, id));
    } catch (JournalUnavailableException | IllegalArgumentException e) {
      LOG.log(Level.WARNING, "a whole answer cannot be kept: {0}", e.getMessage());
      return reply;
    }
  }

  private void record(ObjectNode response, String id) {
    var began = response.deepCopy();
    began.put("status", "in_progress");
    began.putNull("error");
    began.putNull("incomplete_details");
    began.putNull("usage");
    began.putArray("output");
    var type =
        switch (Json.text(response, "status", "completed")) {
          case "failed" -> "response.failed";
          case "incomplete", "cancelled" -> "response.incomplete";
          default -> "response.completed";
        };
    var writer = new TopicWriter(journal, id, () -> {});
    writer.write(event("response.created", 0, began));
    writer.write(event(type, 1, response));
    writer.end(Event.of(HttpEvents.DONE));
  }

  private static Event event(String type, int number, ObjectNode response) {
    var event = Json.object().put("type", type).put("sequence_number", number);
    event.set("response", response);
    return Event.of(type, Json.write(event));
  }

  Response get(Request http) {
    var id = reading.known(Dialect.RESPONSES, http.pathParameter("id"));
    return AnswerReading.wantsEvents(http)
        ? reading.subscribe(id, http)
        : Response.json(200, Json.write(reading.response(id, http::reserve)));
  }

  Response cancel(Request http) {
    var id = reading.known(Dialect.RESPONSES, http.pathParameter("id"));
    reading.cancel(id);
    return Response.json(200, Json.write(reading.response(id, http::reserve)));
  }

  Response delete(Request http) {
    var id = reading.known(Dialect.RESPONSES, http.pathParameter("id"));
    reading.cancel(id);
    registry.delete(id);
    earlier.forget(id);
    var deleted = Json.object().put("id", id).put("object", "response").put("deleted", true);
    return Response.json(200, Json.write(deleted));
  }
}
