// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.journal.TopicClosedException;
import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.openai.Upstreams.Routed;
import dev.teleprinter.sse.Event;
import java.lang.System.Logger.Level;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies one upstream answer into its topic, from asking to the last event, on a virtual thread of
 * its own. Nobody else writes to that topic.
 *
 * <p>Nearly every token is copied by the event loop it comes on, while the thread sleeps: what is
 * plain, and need not wait ({@link Transcript#tryEvent}). So <em>confined to the relay</em> means
 * to its thread, or to that loop while the thread waits in {@link Upstream.Events#pour}.
 */
final class Relay implements Runnable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");
  private static final Event DIED =
      Event.of(
          "error",
          "{\"type\":\"error\",\"code\":\"internal_error\",\"message\":\"The server failed.\","
              + "\"error\":{\"message\":\"The server failed.\",\"type\":\"server_error\","
              + "\"param\":null,\"code\":\"internal_error\"}}");

  /** After which an answer may be whole nevertheless. */
  private static final Set<Kind> ENDS = Set.of(Kind.CUT, Kind.TIMEOUT, Kind.STALLED);

  private final Answer answer;
  private final Upstreams upstreams;
  private final Journal journal;

  // Confined to the relay.
  private @Nullable Transcript begun;

  Relay(Answer answer, Upstreams upstreams, Journal journal) {
    this.answer = answer;
    this.upstreams = upstreams;
    this.journal = journal;
  }

  static void start(Answer answer, Upstreams upstreams, Journal journal) {
    Thread.ofVirtual().name("tp-relay").start(new Relay(answer, upstreams, journal));
  }

  @Override
  public void run() {
    try {
      relay();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "relaying an answer failed", e);
      die();
    } catch (Error e) { // who watches over threads hears of it too, but readers first
      die();
      throw e;
    } finally {
      answer.end();
    }
  }

  /** A bug, or no memory: neither the client nor the readers must wait for ever. */
  private void die() {
    if (answer.tryRefuse(internalError().asApiException().reply())) {
      return;
    }
    var transcript = begun;
    try {
      guarded(() -> (transcript == null ? lateTranscript() : transcript).fail(internalError()));
    } catch (RuntimeException | Error e) { // it died of what its transcript says or does
      LOG.log(Level.ERROR, "an answer''s end cannot be appended: {0}", e.getClass().getName());
      endTopic();
    }
  }

  /** As short as it can be said, and past the transcript. */
  private void endTopic() {
    var id = answer.id();
    if (id != null) {
      guarded(() -> journal.append(Append.to(id, DIED).orElseUnstored().andClose()));
    }
  }

  private void relay() {
    Routed routed;
    try {
      routed = upstreams.open(answer.request(), true, answer.signal(), answer.memory());
    } catch (UpstreamException e) {
      fail(e);
      return;
    } catch (ApiException e) {
      refuse(e);
      return;
    }
    switch (routed.opened()) {
      case Upstream.Whole whole -> refuse(whole, routed);
      case Upstream.Streaming(var events) -> {
        try (events) {
          answer.memory().onAsked();
          var transcript = transcript(routed);
          begun = transcript;
          transcribe(transcript, events, routed.upstream().mask());
        }
      }
    }
  }

  private Transcript transcript(Routed routed) {
    return switch (answer.request()) {
      case ChatRequest chat -> new ChatTranscript(answer, chat);
      case ResponsesRequest responses ->
          routed.wire() == Dialect.CHAT
              ? new TranslatedTranscript(answer, responses)
              : new ResponsesTranscript(answer, responses, routed.upstream());
    };
  }

  private void transcribe(Transcript transcript, Upstream.Events events, KeyMask mask) {
    try {
      copy(transcript, events);
    } catch (UpstreamException e) {
      end(transcript, e.masked(mask));
    } catch (TopicClosedException e) {
      // Somebody ended the topic through the hub: readers have their end.
      LOG.log(Level.WARNING, "a running answer's topic was closed: {0}", answer.id());
    } catch (JournalUnavailableException | IllegalArgumentException e) {
      LOG.log(Level.ERROR, "an answer cannot be kept: {0}", e.getMessage());
      fail(
          transcript, new UpstreamException(Kind.JOURNAL, "The server could not keep the answer."));
    }
    // The answer is over for its readers: it need not wait for the upstream's connection.
    answer.end();
  }

  private static UpstreamException internalError() {
    return new UpstreamException(Kind.INTERNAL, "The server failed.");
  }

  private void copy(Transcript transcript, Upstream.Events events) {
    for (var event = events.next(); event != null; event = events.next()) {
      if (answer.signal().isCancelled()) {
        throw new UpstreamException(Kind.CUT, "The answer was cancelled.");
      }
      transcript.onEvent(event);
      if (transcript.isOver()) {
        return;
      }
      events.pour(transcript::tryEvent); // most tokens: this thread sleeps meanwhile
    }
    throw new UpstreamException(
        Kind.CUT, "The upstream ended its stream before the answer was complete.");
  }

  private void end(Transcript transcript, UpstreamException cause) {
    var reason = answer.signal().reason();
    if (reason == Reason.SHUTDOWN) {
      fail(transcript, new UpstreamException(Kind.SHUTDOWN, reason.message()));
      return;
    }
    if (reason != null) {
      LOG.log(Level.DEBUG, "answer {0} cancelled: {1}", answer.id(), reason);
      if (!answer.tryRefuse(cause.asApiException().reply())) {
        guarded(() -> transcript.cancel(reason));
      }
      return;
    }
    boolean ended = ENDS.contains(cause.kind());
    if (ended && transcript.endsWhole()) {
      return;
    }
    fail(transcript, cause);
  }

  /** An HTTP error while the request is unanswered, that is, no event can be read; else events. */
  private void fail(Transcript transcript, UpstreamException cause) {
    log(cause);
    if (!answer.tryRefuse(cause.asApiException().reply())) {
      guarded(() -> transcript.fail(cause));
    }
  }

  /** Says an answer's end in its topic; if the journal refuses even that, at least it ends. */
  private void guarded(Runnable end) {
    try {
      end.run();
    } catch (TopicClosedException e) {
      LOG.log(Level.WARNING, "an answer''s topic was closed before its end: {0}", answer.id());
    } catch (JournalUnavailableException e) {
      LOG.log(Level.ERROR, "an answer''s end cannot be kept: {0}", e.getMessage());
      closeTopic();
    }
  }

  private void closeTopic() {
    var id = answer.id();
    try {
      if (id != null) {
        journal.close(id);
      }
    } catch (JournalUnavailableException e) {
      LOG.log(Level.ERROR, "a topic cannot be closed: {0}", e.getMessage());
    }
  }

  /** No upstream, and no event yet: an HTTP error if the client still waits, else events. */
  private void fail(UpstreamException cause) {
    var reason = answer.signal().reason();
    var told =
        reason == Reason.SHUTDOWN ? new UpstreamException(Kind.SHUTDOWN, reason.message()) : cause;
    if (reason == null) {
      log(cause);
    }
    if (answer.tryRefuse(told.asApiException().reply())) {
      return;
    }
    var transcript = lateTranscript();
    if (reason != null && reason != Reason.SHUTDOWN) {
      guarded(() -> transcript.cancel(reason));
    } else {
      guarded(() -> transcript.fail(told));
    }
  }

  private void refuse(ApiException error) {
    if (!answer.tryRefuse(error.reply())) {
      var cause = new UpstreamException(Kind.INVALID, String.valueOf(error.getMessage()));
      guarded(() -> lateTranscript().fail(cause));
    }
  }

  private void refuse(Upstream.Whole whole, Routed routed) {
    LOG.log(
        Level.WARNING,
        "upstream {0} answered {1} to a streaming request",
        routed.upstream().name(),
        whole.status());
    if (!answer.tryRefuse(WholeReplies.error(whole, routed.upstream().name()))) {
      var body = WholeReplies.errorObject(whole);
      var cause =
          body == null
              ? new UpstreamException(
                  Kind.INVALID, "The upstream answered with status " + whole.status() + ".")
              : UpstreamException.reported(body);
      guarded(() -> lateTranscript().fail(cause));
    }
  }

  /** For an answer that was promised to its client and never came. */
  private Transcript lateTranscript() {
    return switch (answer.request()) {
      case ChatRequest chat -> new ChatTranscript(answer, chat);
      case ResponsesRequest responses -> new TranslatedTranscript(answer, responses);
    };
  }

  /** One line for each cause; an upstream's own words may quote a prompt, so they stay out. */
  private void log(UpstreamException cause) {
    var words = cause.kind() == Kind.REPORTED ? "it reported an error" : cause.message();
    LOG.log(Level.WARNING, "answer {0} failed, {1}: {2}", answer.id(), cause.kind().code, words);
  }
}
