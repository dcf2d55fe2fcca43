// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.sse.Event;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** Chat told by a chat upstream. Confined to the relay. */
final class ChatTranscript implements Transcript {
  private final Answer answer;
  private final ChatNormaliser normaliser;
  private @Nullable TopicWriter writer;
  private boolean over;

  ChatTranscript(Answer answer, ChatRequest request) {
    this.answer = answer;
    this.normaliser = new ChatNormaliser(request, answer);
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
    String chunk;
    try {
      chunk = normaliser.normalise(event.type(), data);
    } catch (JacksonException e) {
      throw new UpstreamException(Kind.INVALID, "The upstream sent a chunk that is not JSON.");
    }
    if (chunk != null) {
      writer().write(Event.of(chunk));
    }
  }

  @Override
  public boolean tryEvent(Event event) {
    if (writer == null) {
      return false;
    }
    var chunk = normaliser.normaliseWords(event.type(), event.data());
    return chunk != null && writer.tryWrite(Event.of(chunk));
  }

  @Override
  public boolean isOver() {
    return over;
  }

  @Override
  public boolean endsWhole() {
    if (!normaliser.isFinished()) {
      return false;
    }
    complete();
    return true;
  }

  private void complete() {
    var usage = normaliser.lateUsage();
    if (usage != null) {
      writer().write(Event.of(usage));
    }
    writer().end(Event.of(HttpEvents.DONE));
    over = true;
  }

  @Override
  public void fail(UpstreamException failure) {
    end(failure.message(), failure.type(), failure.code());
  }

  @Override
  public void cancel(Reason reason) {
    end(reason.message(), "cancelled", "cancelled");
  }

  /** No finish_reason is invented and no [DONE] said: clients take either for success. */
  private void end(String message, String type, String code) {
    var error = Json.object();
    error
        .putObject("error")
        .put("message", message)
        .put("type", type)
        .putNull("param")
        .put("code", code);
    over = true;
    var pen = writer();
    pen.settleAnyhow();
    pen.end(Event.of("error", Json.write(error)));
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
