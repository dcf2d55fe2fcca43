// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Journal.Recorded;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.openai.CancelSignal.Reason;
import dev.teleprinter.server.GapEvent;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Subscribe;
import dev.teleprinter.server.Response.View;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Answers read back: as events from any place on, or as the object so far. Thread-safe. */
final class AnswerReading {
  private static final long CANCEL_SECONDS_MAX = 10;
  private static final int COPIES = 8; // of a topic's bytes: read, parsed, gathered, written

  /** Where an EventSource that cannot set the header puts its first id, by many hubs' habits. */
  private static final List<String> LAST_EVENT_ID =
      List.of("last_event_id", "lastEventId", "lastEventID", "Last-Event-ID");

  private final AnswerRegistry registry;
  private final Journal journal;

  AnswerReading(AnswerRegistry registry, Journal journal) {
    this.registry = registry;
    this.journal = journal;
  }

  /** {@return where an answer's events are} */
  static String location(Dialect dialect, String id) {
    return "/v1" + dialect.path() + "/" + id + "?stream=true";
  }

  /** {@return the reply of a request whose answer has just begun} */
  Subscribe follow(Dialect dialect, String id, boolean ids) {
    return after(id, 0)
        .in(ids ? View.FRAMES : View.WITHOUT_IDS)
        .with("Content-Location", location(dialect, id));
  }

  /** {@return whether the request asks for {@code id:} lines, which Open Responses does without} */
  static boolean wantsIds(Request http) {
    return flag(http, "event_ids", false);
  }

  /** {@return whether events are asked for: by {@code stream=true}, or by being an EventSource} */
  static boolean wantsEvents(Request http) {
    return flag(http, "stream", isEventSource(http));
  }

  private static boolean isEventSource(Request http) {
    var accept = http.header("Accept");
    return accept != null && accept.toLowerCase(Locale.ROOT).contains("text/event-stream");
  }

  private static boolean flag(Request http, String name, boolean otherwise) {
    var value = http.query(name);
    if (value == null) {
      return otherwise;
    }
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw AnswerRequest.wrongType(name, "true or false");
    };
  }

  /**
   * {@return the id of an answer that exists}
   *
   * @throws ApiException 404 when it does not
   */
  String known(Dialect dialect, String id) {
    boolean exists = registry.find(id) != null || journal.state(id).isPresent();
    if (!dialect.isWellFormed(id) || !exists || registry.isDeleted(id)) {
      var what = dialect == Dialect.CHAT ? "Chat completion" : "Response";
      throw ApiException.notFound(null, "not_found", what + " with id '" + id + "' not found.");
    }
    return id;
  }

  /** Where a reader goes on, or why it cannot. */
  private sealed interface Place {
    record After(long cursor) implements Place {}

    /** Not known here: told so, and given everything. */
    record Unknown(String eventId) implements Place {}

    /** Everything was read, and nothing more will come. */
    record Ended() implements Place {}
  }

  /** The answer's events from the reader's place on. */
  Response subscribe(String id, Request http) {
    boolean eventSource = isEventSource(http);
    var view = eventSource || wantsIds(http) ? View.FRAMES : View.WITHOUT_IDS;
    return switch (place(id, http, eventSource)) {
      case Place.After(long cursor) -> after(id, cursor).in(view);
      case Place.Unknown(var eventId) -> afterGap(id, eventId).in(view);
      case Place.Ended() -> Response.noContent();
    };
  }

  private Subscribe after(String id, long cursor) {
    var subscribe = Subscribe.to(Topics.of(id), cursor);
    // A topic still without events is not one that was forgotten.
    return journal.state(id).isEmpty() ? subscribe.told(journal.latest()) : subscribe;
  }

  /** The gap's id lets a reconnect go on from the beginning instead of being told again. */
  private Subscribe afterGap(String id, String requested) {
    var epoch = journal.epoch();
    long earliest = journal.state(id).map(TopicState::earliest).orElse(0L);
    long gone = Math.max(0, earliest - 1);
    var gap =
        GapEvent.block(
            EventIds.of(epoch, gone),
            requested,
            earliest == 0 ? null : EventIds.of(epoch, earliest),
            EventIds.of(epoch, journal.latest()));
    return after(id, 0).told(earliest == 0 ? journal.latest() : gone).opening(gap);
  }

  /** The header wins: an EventSource repeats its first URL, cursor and all, at every reconnect. */
  private Place place(String id, Request http, boolean eventSource) {
    var lastEventId = lastEventId(http);
    if (lastEventId != null) {
      return afterEventId(id, lastEventId, eventSource);
    }
    var startingAfter = http.query("starting_after");
    if (startingAfter != null) {
      return new Place.After(afterOrdinal(id, startingAfter));
    }
    var state = journal.state(id).orElse(null);
    if (!eventSource && state != null && isTrimmed(state)) {
      throw noLongerStreamed();
    }
    return new Place.After(0);
  }

  private static @Nullable String lastEventId(Request http) {
    var header = http.header("Last-Event-ID");
    if (header != null && !header.isEmpty()) {
      return header;
    }
    for (var name : LAST_EVENT_ID) {
      var value = http.query(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return null;
  }

  private Place afterEventId(String id, String eventId, boolean eventSource) {
    var cursor = journal.locate(Topics.of(id), eventId);
    if (cursor.isPresent()) {
      var state = journal.state(id).orElse(null);
      boolean ended = state != null && state.closed() && cursor.getAsLong() >= state.latest();
      return ended ? new Place.Ended() : new Place.After(cursor.getAsLong());
    }
    if (eventSource) {
      return new Place.Unknown(eventId);
    }
    throw ApiException.invalid(
        "last_event_id",
        "unknown_event_id",
        "Invalid Last-Event-ID: it names no event of '" + id + "'.");
  }

  /** {@return the cursor after the event of that sequence number} */
  private long afterOrdinal(String id, String startingAfter) {
    if (!startingAfter.matches("-?[0-9]{1,15}")) {
      throw AnswerRequest.wrongType("starting_after", "a whole number");
    }
    long ordinal = Long.parseLong(startingAfter);
    if (ordinal == -1) {
      return 0;
    }
    var state = journal.state(id).orElse(null);
    long appended = state == null ? 0 : state.appended();
    if (ordinal < -1 || ordinal >= appended) {
      throw ApiException.invalid(
          "starting_after",
          "invalid_value",
          "Invalid 'starting_after': %d (expected: -1 to %d).".formatted(ordinal, appended - 1));
    }
    return journal.sequenceAt(id, ordinal).orElseThrow(AnswerReading::noLongerStreamed);
  }

  private boolean isTrimmed(TopicState state) {
    return state.appended() > 0 && journal.sequenceAt(state.name(), 0).isEmpty();
  }

  private static ApiException noLongerStreamed() {
    return ApiException.invalid(
        "stream",
        "no_longer_streamed",
        "This response can no longer be streamed from there: its oldest events are not kept any"
            + " more.");
  }

  /** Cancels the answer if it runs, and waits until its topic says so. Idempotent. */
  void cancel(String id) {
    var answer = registry.find(id);
    if (answer != null) {
      answer.signal().cancel(Reason.REQUESTED);
      answer.ended().copy().completeOnTimeout(null, CANCEL_SECONDS_MAX, TimeUnit.SECONDS).join();
    }
  }

  /**
   * {@return the Response: the final one, or what it began as with the output so far}
   *
   * <p>One that the disk did not take says {@code "store":false}: it is gone with the server.
   *
   * @param reserve is given the heap bytes it takes, and throws if there is no memory
   */
  ObjectNode response(String id, LongConsumer reserve) {
    var response = responseAsTold(id, reserve);
    if (journal.state(id).filter(state -> !state.stored()).isPresent()) {
      response.put("store", false);
    }
    return response;
  }

  private ObjectNode responseAsTold(String id, LongConsumer reserve) {
    var running = registry.find(id);
    var state = journal.state(id).orElse(null);
    if (state != null && state.closed()) {
      // The terminal event and [DONE] are the last two; a few more do no harm.
      var last = journal.list(id, journal.sequenceAt(id, state.appended() - 4).orElse(0), 8);
      for (var recorded : last.reversed()) {
        var event = Json.tryObject(recorded.event().data(), reserve);
        if (event != null
            && ResponseAccumulator.isTerminal(recorded.event().type())
            && event.get("response") instanceof ObjectNode response) {
          return response;
        }
      }
    }
    var began =
        running != null && running.request() instanceof ResponsesRequest request
            ? ResponseObjects.started(request, id, running.createdAtSeconds(), "in_progress")
            : Json.object().put("id", id).put("object", "response").put("status", "incomplete");
    return ResponseAccumulator.of(all(id, reserve), began);
  }

  private List<Recorded> all(String id, LongConsumer reserve) {
    long bytes = journal.state(id).map(TopicState::bytes).orElse(0L);
    reserve.accept(bytes * COPIES);
    return journal.list(id, 0, Integer.MAX_VALUE);
  }

  /** {@return the chat completion so far, with a status} Reserves as above. */
  ObjectNode completion(String id, LongConsumer reserve) {
    var completion = ChatAccumulator.of(id, all(id, reserve));
    if (journal.state(id).filter(state -> !state.stored()).isPresent()) {
      completion.put("store", false);
    }
    var running = registry.find(id);
    if (running != null && !completion.has("model")) {
      completion.put("created", running.createdAtSeconds());
      completion.put("model", running.request().model());
    }
    return completion;
  }
}
