// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.sse.Event;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Responses told by a chat upstream, for text: created, in_progress, output_item.added,
 * content_part.added, output_text.delta…, output_text.done, content_part.done, output_item.done,
 * completed (Responses API, the order of real captures). Confined to the relay.
 */
final class TranslatedTranscript implements Transcript {
  private static final String DELTA = "response.output_text.delta";
  private static final int ROOM_CHARS = 2 << 10; // part of every answer's base
  private static final int STEP_CHARS = 16 << 10;
  private static final int BYTES_OF_CHAR = 6; // while it is gathered
  private static final int BYTES_OF_CHAR_AT_END = 20; // in the last events, each of them all of it

  private final Answer answer;
  private final ResponsesRequest request;
  private final ResponsesLog log;
  private final String itemId;
  private final StringBuilder text = new StringBuilder();
  private int roomChars = ROOM_CHARS; // reserved for it
  private final String deltaTail; // what follows the number in every delta

  private @Nullable ObjectNode response; // null before created
  private boolean itemOpen;
  private String finishReason = "";
  private @Nullable JsonNode usage;

  TranslatedTranscript(Answer answer, ResponsesRequest request) {
    this.answer = answer;
    this.request = request;
    this.log = new ResponsesLog(answer, request);
    this.itemId = answer.newId("msg_");
    this.deltaTail =
        ",\"item_id\":\"" + itemId + "\",\"output_index\":0,\"content_index\":0,\"delta\":";
  }

  @Override
  public void onEvent(Event event) {
    var data = Transcript.bare(event.data());
    if (data.isEmpty()) {
      return;
    }
    if (data.equals(HttpEvents.DONE)) {
      complete();
      return;
    }
    var chunk = Json.tryObject(data, answer.memory()::holdTree);
    if (chunk == null) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent a chunk that is not JSON.");
    }
    if (StreamErrors.isError(Dialect.CHAT, event.type(), chunk)) {
      throw UpstreamException.reported(chunk);
    }
    start(Json.text(chunk, "model", ""));
    if (chunk.hasNonNull("usage")) {
      usage = chunk.get("usage");
    }
    var choice = chunk.path("choices").path(0);
    var delta = Json.text(choice.path("delta"), "content", "");
    if (!delta.isEmpty()) {
      writeDelta(delta);
    }
    finishReason = Json.text(choice, "finish_reason", finishReason);
    if (finishReason.equals("error")) {
      throw UpstreamException.reported(chunk);
    }
  }

  private void start(String model) {
    if (response != null) {
      return;
    }
    var started = log.started();
    if (!model.isEmpty()) {
      started.put("model", model);
    }
    response = started;
    log.write("response.created", started);
    log.write("response.in_progress", started);
  }

  private void openItem() {
    if (itemOpen) {
      return;
    }
    itemOpen = true;
    var item = ResponseObjects.message(itemId, "in_progress", "");
    item.putArray("content");
    var added = Json.object().put("type", "response.output_item.added").put("output_index", 0);
    added.set("item", item);
    log.write(added);
    log.write(inPart("response.content_part.added").set("part", ResponseObjects.part("")));
  }

  private ObjectNode inPart(String type) {
    return Json.object()
        .put("type", type)
        .put("item_id", itemId)
        .put("output_index", 0)
        .put("content_index", 0);
  }

  private void writeDelta(String delta) {
    openItem();
    while (!hasRoomFor(delta)) {
      answer.memory().grow((long) STEP_CHARS * BYTES_OF_CHAR);
      roomChars += STEP_CHARS;
    }
    text.append(delta);
    log.write(DELTA, deltaEvent(delta));
  }

  private boolean hasRoomFor(String delta) {
    return text.length() + delta.length() <= roomChars;
  }

  /** The hot path: written by hand. */
  private String deltaEvent(String delta) {
    return "{\"type\":\"response.output_text.delta\",\"sequence_number\":"
        + log.next()
        + deltaTail
        + Json.quote(delta)
        + ",\"logprobs\":[]}";
  }

  @Override
  public boolean tryEvent(Event event) {
    boolean plain = itemOpen && Json.isSmall(event.data());
    var chunk = plain ? Json.tryObject(event.data()) : null;
    if (chunk == null
        || chunk.hasNonNull("usage")
        || StreamErrors.isError(Dialect.CHAT, event.type(), chunk)) {
      return false;
    }
    var choice = chunk.path("choices").path(0);
    var delta = Json.text(choice.path("delta"), "content", "");
    if (delta.isEmpty()
        || choice.hasNonNull("finish_reason")
        || !hasRoomFor(delta)
        || !log.tryWrite(DELTA, log.next(), deltaEvent(delta))) {
      return false;
    }
    text.append(delta);
    return true;
  }

  private void complete() {
    answer.memory().grow((long) text.length() * BYTES_OF_CHAR_AT_END);
    start("");
    openItem();
    var whole = text.toString();
    var textDone = inPart("response.output_text.done").put("text", whole);
    textDone.putArray("logprobs");
    log.write(textDone);
    log.write(inPart("response.content_part.done").set("part", ResponseObjects.part(whole)));
    var ended = log.started();
    ended.set("model", response == null ? ended.get("model") : response.get("model"));
    ResponseObjects.finish(ended, finishReason);
    var item = ResponseObjects.message(itemId, Json.text(ended, "status", ""), whole);
    var itemDone = Json.object().put("type", "response.output_item.done").put("output_index", 0);
    itemDone.set("item", item);
    log.write(itemDone);
    ended.putArray("output").add(item);
    if (usage != null) {
      ended.set("usage", ResponseObjects.usage(usage));
    }
    log.write("response." + Json.text(ended, "status", ""), ended);
    TranslatedAnswers.keep(request, answer.begin(), whole);
    log.done();
  }

  @Override
  public boolean isOver() {
    return log.isOver();
  }

  @Override
  public boolean endsWhole() {
    if (finishReason.isEmpty()) {
      return false;
    }
    complete();
    return true;
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
