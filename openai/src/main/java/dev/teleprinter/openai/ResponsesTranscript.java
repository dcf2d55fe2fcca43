// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.sse.Event;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Responses told by a Responses upstream. Events pass as the very text that came as long as their
 * numbers are the topic's ordinals; the few that carry a Response are rewritten, since the answer's
 * id is this server's. Confined to the relay.
 */
final class ResponsesTranscript implements Transcript {
  private static final Set<String> SPECIAL = Set.of("error", "keepalive");

  private final Answer answer;
  private final ResponsesRequest request;
  private final Upstream upstream;
  private final ResponsesLog log;
  private final ResponsesPeek peek = new ResponsesPeek();
  private @Nullable String upstreamId;

  ResponsesTranscript(Answer answer, ResponsesRequest request, Upstream upstream) {
    this.answer = answer;
    this.request = request;
    this.upstream = upstream;
    this.log = new ResponsesLog(answer, request);
  }

  @Override
  public void onEvent(Event event) {
    var data = Transcript.bare(event.data());
    if (data.isEmpty()) {
      return;
    }
    if (data.equals(HttpEvents.DONE)) {
      throw new UpstreamException(Kind.CUT, "The upstream stopped before the answer was complete.");
    }
    try {
      peek.read(data);
    } catch (JacksonException e) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent an event that is not JSON.");
    }
    if (peek.type.equals("error") || (peek.type.isEmpty() && peek.error)) {
      var error = Json.tryObject(data, answer.memory()::holdTree);
      throw UpstreamException.reported(error == null ? Json.object() : error);
    }
    if (peek.type.isEmpty()) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent an event without a type.");
    }
    if (!peek.type.equals("keepalive")) { // ours are comments, with no number to be consistent
      write(data);
    }
  }

  @Override
  public boolean tryEvent(Event event) {
    try {
      peek.read(event.data());
    } catch (JacksonException e) {
      return false;
    }
    boolean plain =
        !peek.response && !peek.error && !peek.type.isEmpty() && !SPECIAL.contains(peek.type);
    return plain && log.tryWrite(peek.type, peek.sequenceNumber, event.data());
  }

  private void write(String data) {
    if (peek.response) {
      writeWithResponse(data);
      return;
    }
    log.ensureCreated();
    if (peek.sequenceNumber == log.next()) {
      log.write(peek.type, data);
    } else {
      log.write(object(data));
    }
  }

  private void writeWithResponse(String data) {
    boolean failed = peek.type.equals("response.failed");
    var event = object(failed ? masked(data) : data);
    if (!(event.get("response") instanceof ObjectNode response)) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent an event that is not JSON.");
    }
    if (upstreamId == null) {
      upstreamId = Json.text(response, "id");
    }
    var id = answer.begin();
    if (!peek.type.equals("response.created")) {
      log.ensureCreated();
    }
    if (failed) {
      writeErrorOf(response);
    }
    makeRight(response, id);
    log.write(event);
    if (failed
        || peek.type.equals("response.completed")
        || peek.type.equals("response.incomplete")) {
      if (request.stored() && upstreamId != null) {
        request.earlier().keep(id, new EarlierAnswers.Earlier(upstream.name(), upstreamId, null));
      }
      log.done();
    }
  }

  /** A loop that only waits for text does not notice response.failed; it does notice an error. */
  private void writeErrorOf(ObjectNode response) {
    var error = response.path("error");
    log.writeError(
        "server_error",
        Json.text(error, "code", "server_error"),
        Json.text(error, "message", "The upstream failed."));
  }

  /** The words of an error without the key, escaped or not. */
  private String masked(String data) {
    return upstream.mask().mask(Json.write(object(data)));
  }

  private void makeRight(ObjectNode response, String id) {
    response.put("id", id);
    if (request.stored() && upstreamId != null) {
      EarlierAnswers.putOrigin(response, upstream.name(), upstreamId);
    }
    if (request.background()) {
      response.put("background", true);
    }
    if (request.previous() != null) {
      response.put("previous_response_id", request.previous());
    }
  }

  private ObjectNode object(String data) {
    var object = Json.tryObject(data, answer.memory()::holdTree);
    if (object == null) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent an event that is not JSON.");
    }
    return object;
  }

  @Override
  public boolean isOver() {
    return log.isOver();
  }

  @Override
  public boolean endsWhole() {
    return false; // a whole answer has its terminal event, and was over with it
  }

  @Override
  public void fail(UpstreamException failure) {
    log.fail(failure);
  }

  @Override
  public void cancel(Reason reason) {
    log.cancel();
  }
}
