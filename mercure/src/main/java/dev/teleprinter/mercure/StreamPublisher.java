// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Appended;
import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.MemoryBudget.Reservation;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import dev.teleprinter.sse.EventTooLargeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Publishes the events of an event-stream body as they arrive. Thread-safe.
 *
 * <p>The answer comes at the end of the body: {@code {"events":n,"last_id":"…"}}, with how many
 * events were read and kept, and the id of the last one. An event that cannot be published ends it
 * with an error that names its number, from 1; what came before stays. {@code close=1} in the query
 * closes the topics at the end of a whole body, never after an error, a half event or a cut.
 *
 * <p>Bytes that are not UTF-8 are such an error. A field that a browser would ignore is ignored.
 */
final class StreamPublisher {
  private static final byte[] BLANK_LINE = {'\n', '\n'};
  private static final int READ_BYTES = 1 << 14;

  /** Of each open body: what it is read with, and an unfinished event of one read. */
  private static final long READER_BYTES = 64 << 10;

  /** Of a longer one: its lines, what is gathered of them, its text, and the frame. */
  private static final int COPIES = 4;

  private final Journal journal;
  private final MercureConfig config;
  private final Names names;
  private final MemoryBudget memory;

  StreamPublisher(Journal journal, MercureConfig config, Names names, MemoryBudget memory) {
    this.journal = journal;
    this.config = config;
    this.names = names;
    this.memory = memory;
  }

  /** Appends until the body ends. Blocks, also while the journal's queue is full. */
  Response publish(Request request) throws IOException {
    var topics = Publication.topics(request.query(), names);
    Publication.requireTopics(topics, config);
    boolean closing = Publication.isYes("close", request.query("close"));
    try (var reservation = memory.open(Holder.REQUESTS)) {
      var body = new Body(List.copyOf(topics), reservation);
      var input = request.bodyStream();
      var buffer = new byte[READ_BYTES];
      for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
        body.feed(buffer, n);
      }
      body.end();
      if (closing) {
        close(topics);
      }
      return body.answer();
    }
  }

  private void close(Set<String> topics) {
    try {
      topics.forEach(journal::close);
    } catch (JournalUnavailableException e) {
      throw Problems.of(e, "", config);
    }
  }

  /** One body being read. Confined to the thread that handles its request. */
  private final class Body {
    private final List<String> topics;
    private final Reservation reservation;
    private final EventDecoder decoder = new EventDecoder(this::onEvent, config.eventBytesMax());
    private final Utf8Check utf8 = new Utf8Check();
    private final List<CompletableFuture<Appended>> pending = new ArrayList<>();
    private boolean ended;
    private boolean cutEvent;
    private int events; // appended, and visible to readers
    private long unfinishedBytes; // read since the last event, at most
    private long reservedBytes;
    private String lastId = "#" + EventIds.of(journal.epoch(), journal.latest());

    Body(List<String> topics, Reservation reservation) {
      this.topics = topics;
      this.reservation = reservation;
      reserve();
    }

    /**
     * Appends the events that end in these bytes, all at once, then waits for them: so the queue is
     * filled no further than one read, and nothing is read while it is full.
     */
    void feed(byte[] bytes, int count) {
      unfinishedBytes = Math.min(unfinishedBytes + count, config.eventBytesMax());
      reserve();
      int good = utf8.firstBad(bytes, count);
      try {
        decoder.feed(bytes, 0, good);
      } catch (EventTooLargeException e) {
        await();
        throw new ProblemException(413, "event_too_large", which(events + 1) + e.getMessage());
      } finally {
        await();
      }
      if (good < count) {
        throw notUtf8();
      }
      reserve();
    }

    /** A half event at the end is an error: its sender was cut, or forgot the blank line. */
    void end() {
      if (!utf8.isWhole()) {
        throw notUtf8();
      }
      ended = true;
      decoder.feed(BLANK_LINE, 0, BLANK_LINE.length);
      if (cutEvent) {
        throw new ProblemException(
            400, "event_cut", which(events + 1) + "no blank line after it (expected: one)");
      }
    }

    Response answer() {
      var quotedId = new String(JsonStringEncoder.getInstance().quoteAsCharArray(lastId));
      return Response.json(200, "{\"events\":%d,\"last_id\":\"%s\"}".formatted(events, quotedId));
    }

    private ProblemException notUtf8() {
      return new ProblemException(
          400, "invalid_utf8", which(events + 1) + "bytes that are not UTF-8 (expected: UTF-8)");
    }

    /** Has as much reserved as it holds. For events of one read each that is always the same. */
    private void reserve() {
      long bytes = READER_BYTES + COPIES * Math.max(0, unfinishedBytes - READ_BYTES);
      long more = bytes - reservedBytes;
      if (more < 0) {
        reservation.shrink(-more);
      } else if (more > 0 && !reservation.tryGrow(more)) {
        throw Problems.memoryFull(which(events + 1));
      }
      reservedBytes = bytes;
    }

    private void onEvent(Event event) {
      unfinishedBytes = 0;
      if (ended) {
        cutEvent = true;
        return;
      }
      var id = event.id();
      var kept = id != null && names.isId(id) ? event : event.withId(null);
      try {
        names.type(event.type());
        pending.add(journal.submit(new Append(topics, kept, false, IdForm.FRAGMENT)));
      } catch (ProblemException e) {
        throw new ProblemException(e.status(), e.code(), next() + e.detail());
      } catch (RuntimeException e) {
        throw Problems.of(e, next(), config);
      }
    }

    private String next() {
      return which(events + pending.size() + 1);
    }

    private String which(int event) {
      return "event " + event + ": ";
    }

    private void await() {
      try {
        for (var future : pending) {
          lastId = future.join().id();
          events++;
        }
      } catch (CompletionException e) {
        throw Problems.of(e.getCause(), which(events + 1), config);
      } finally {
        pending.clear();
      }
    }
  }
}
