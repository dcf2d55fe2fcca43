// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.sse.Event;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events of one Responses answer: from {@code response.created}, number 0, without holes, to
 * {@code [DONE]}. An event's {@code sequence_number} is its ordinal in the topic. Confined to the
 * relay.
 */
final class ResponsesLog {
  private static final int COPIES = 8; // of a topic's bytes: read, parsed, gathered, written

  private final Answer answer;
  private final ResponsesRequest request;
  private @Nullable TopicWriter writer;
  private boolean over;

  ResponsesLog(Answer answer, ResponsesRequest request) {
    this.answer = answer;
    this.request = request;
  }

  /** {@return the sequence number of the next event} */
  long next() {
    return writer().written();
  }

  boolean isOver() {
    return over;
  }

  /** Appends an event whose data is right already. */
  void write(String type, String data) {
    writer().write(Event.of(type, data));
  }

  /**
   * Appends an event whose data is right already and that bears the number of the next one, unless
   * it would have to wait. Returns whether it did.
   */
  boolean tryWrite(String type, long number, String data) {
    var pen = writer;
    return pen != null && number == pen.written() && pen.tryWrite(Event.of(type, data));
  }

  /** Appends an event, numbering it. */
  void write(ObjectNode event) {
    event.put("sequence_number", next());
    write(Json.text(event, "type", ""), Json.write(event));
  }

  /** Appends an event about the whole Response, numbering it. */
  void write(String type, ObjectNode response) {
    var event = Json.object().put("type", type).put("sequence_number", next());
    event.set("response", response);
    write(type, Json.write(event));
  }

  /** Every log begins with response.created: readers fail without it. */
  void ensureCreated() {
    if (next() == 0) {
      write("response.created", started());
    }
  }

  /** {@return the answer as it began} */
  ObjectNode started() {
    return ResponseObjects.started(
        request, answer.begin(), answer.createdAtSeconds(), "in_progress");
  }

  /** The last event. */
  void done() {
    over = true;
    writer().end(Event.of(HttpEvents.DONE));
  }

  /**
   * The error nested as OpenAI does it, which clients throw; flat as the specification has it; then
   * response.failed, as Open Responses wants it.
   */
  void fail(UpstreamException failure) {
    over = true;
    writer().settleAnyhow();
    ensureCreated();
    var response = soFar();
    response.put("status", "failed");
    response.putObject("error").put("code", "server_error").put("message", failure.message());
    writeError(failure.type(), failure.code(), failure.message());
    write("response.failed", response);
    done();
  }

  void writeError(String type, String code, String message) {
    var event = Json.object().put("type", "error").put("code", code).put("message", message);
    event.putNull("param");
    event
        .putObject("error")
        .put("message", message)
        .put("type", type)
        .putNull("param")
        .put("code", code);
    write(event);
  }

  /** The terminal event of an answer that was cut short; its status says by whose wish. */
  void cancel() {
    over = true;
    ensureCreated();
    var response = soFar();
    response.put("status", "cancelled");
    write("response.incomplete", response);
    done();
  }

  /** Without its output where there is no memory to read that back. */
  private ObjectNode soFar() {
    var pen = writer();
    boolean fits = answer.memory().tryGrow(pen.bytes() * COPIES);
    var response = fits ? ResponseAccumulator.of(pen.recorded(), started()) : started();
    markIncomplete(response);
    return response;
  }

  /** Of an answer that ends here, whatever was still in the making is incomplete. */
  static void markIncomplete(ObjectNode response) {
    for (var item : response.path("output")) {
      if (item instanceof ObjectNode object && "in_progress".equals(Json.text(item, "status"))) {
        object.put("status", "incomplete");
      }
    }
  }

  private TopicWriter writer() {
    var pen = writer;
    if (pen == null) {
      pen = answer.writer();
      writer = pen;
    }
    return pen;
  }
}
