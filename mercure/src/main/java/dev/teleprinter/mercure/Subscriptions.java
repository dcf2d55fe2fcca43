// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Read;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.GapEvent;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Subscribe;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins (Mercure 4.1.5, Reconnection): after the event whose id the reader
 * names, from the earliest kept, or from now. Thread-safe.
 *
 * <p>The header {@code Mercure-Last-Event-ID} answers with a place in the hub's one sequence. It is
 * the asked-for id when that is known; otherwise it may be the id of an event in a topic that the
 * reader does not read, and as a cursor it means the same.
 */
final class Subscriptions {
  private static final String ANSWER = "Mercure-Last-Event-ID";
  private static final String EARLIEST = "earliest";
  // As Mercure 1.0, its 0.x, the EventSource polyfill and the oldest hubs call it.
  private static final List<String> QUERIES =
      List.of("last_event_id", "lastEventID", "lastEventId", "Last-Event-ID");

  private final Journal journal;

  Subscriptions(Journal journal) {
    this.journal = journal;
  }

  /**
   * A subscriber at its place, or 204 when all there is to read is before it and nothing comes.
   * Never blocks: what memory does not know is looked up by a thread.
   */
  Response open(Request request, Topics.Named topics) {
    boolean keptAfterGap = isKeptAfterGap(request);
    var requested = requested(request);
    var cursor =
        requested == null
            ? OptionalLong.of(journal.latest())
            : journal.tryLocate(topics, requested);
    if (cursor.isPresent()) {
      long after = cursor.getAsLong();
      var found = look(journal.read(topics, after, after, 1));
      if (!(found instanceof Read.Gap || found instanceof Read.Cold)) {
        var answer = requested == null ? null : answer(requested, after);
        return start(topics, after, after, answer, found);
      }
    }
    return new Response.Blocking(() -> open(topics, requested, keptAfterGap));
  }

  private Response open(Topics.Named topics, @Nullable String requested, boolean keptAfterGap) {
    if (requested == null) {
      return start(topics, journal.latest(), 0, null);
    }
    if (requested.equals(EARLIEST)) {
      long told = probe(topics, 0, 0) instanceof Read.Gap gap ? gap.through() : 0;
      return start(topics, 0, told, EARLIEST); // what is gone was not asked for: no gap
    }
    var cursor = journal.locate(topics, requested);
    if (cursor.isEmpty()) {
      return gap(topics, 0, probe(topics, 0, 0), requested, keptAfterGap);
    }
    long after = cursor.getAsLong();
    return probe(topics, after, after) instanceof Read.Gap gap
        ? gap(topics, after, gap, requested, keptAfterGap)
        : start(topics, after, after, answer(requested, after));
  }

  private Response start(Topics topics, long after, long told, @Nullable String answer) {
    return start(topics, after, told, answer, probe(topics, after, Math.max(after, told)));
  }

  private static Response start(
      Topics topics, long after, long told, @Nullable String answer, Read found) {
    if (found instanceof Read.Ended) {
      return Response.noContent();
    }
    var subscribe = Subscribe.to(topics, after).told(Math.max(after, told));
    return answer == null ? subscribe : subscribe.with(ANSWER, answer);
  }

  /**
   * Begins with a gap event. Its id is the place after it, so a reconnect does not meet it again.
   */
  private Response gap(
      Topics.Named topics, long after, Read found, String requested, boolean keptAfterGap) {
    long latest = journal.latest();
    long earliest = earliest(topics, after);
    var epoch = journal.epoch();
    long cursor = !keptAfterGap || earliest == 0 ? latest : earliest - 1;
    long gone = found instanceof Read.Gap gap ? gap.through() : cursor;
    var block =
        GapEvent.block(
            "#" + EventIds.of(epoch, cursor),
            requested,
            earliest == 0 ? null : EventIds.of(epoch, earliest),
            latest == 0 ? null : EventIds.of(epoch, latest));
    return Subscribe.to(topics, cursor)
        .told(Math.max(cursor, gone))
        .opening(block)
        .with(ANSWER, keptAfterGap ? EARLIEST : "#" + EventIds.of(epoch, cursor));
  }

  /** The first sequence after a cursor that is kept in any of the topics, 0 when there is none. */
  private long earliest(Topics.Named topics, long after) {
    if (!(journal.readBlocking(topics, after, Long.MAX_VALUE, 1) instanceof Frames frames)) {
      return 0;
    }
    long[] first = new long[1];
    frames.forEach((sequence, _) -> first[0] = first[0] == 0 ? sequence : first[0]);
    frames.release();
    return first[0];
  }

  private Read probe(Topics topics, long after, long told) {
    return look(journal.readBlocking(topics, after, told, 1));
  }

  private static Read look(Read read) {
    if (read instanceof Frames frames) {
      frames.release();
    }
    return read;
  }

  /** The id the reader asks to go on from: the header beats the query, which may be stale. */
  private static @Nullable String requested(Request request) {
    var header = request.header("Last-Event-ID");
    if (header != null && !header.isEmpty()) {
      return utf8(header);
    }
    for (var name : QUERIES) {
      var value = request.query(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return null;
  }

  /** Browsers send an id's UTF-8 bytes in the header, which arrive as one character each. */
  private static String utf8(String header) {
    try {
      var decoder = UTF_8.newDecoder();
      var bytes = ByteBuffer.wrap(header.getBytes(ISO_8859_1));
      var decoded = decoder.decode(bytes).toString();
      return header.chars().allMatch(c -> c < 256) ? decoded : header;
    } catch (CharacterCodingException e) {
      return header; // it was not UTF-8: taken as it came
    }
  }

  /** The id to answer with: the asked-for one if it fits a header, else the hub's own for it. */
  private String answer(String requested, long sequence) {
    boolean visible = requested.chars().allMatch(c -> c > ' ' && c < 127);
    return visible ? requested : "#" + EventIds.of(journal.epoch(), sequence);
  }

  private static boolean isKeptAfterGap(Request request) {
    return switch (request.query("on_gap")) {
      case null -> true;
      case "earliest" -> true;
      case "latest" -> false;
      case String other ->
          throw new ProblemException(
              400, "invalid_on_gap", "on_gap: " + other + " (expected: earliest or latest)");
    };
  }
}
