// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * The kept events of a topic as a file: a JSON object for each event, a line each. It comes in
 * pages of about {@link #PAGE_BYTES}; the last line of each but the last page tells the cursor of
 * the next. So a request holds a page in memory, however much the topic has. Thread-safe.
 */
final class EventPages {
  static final int PAGE_BYTES = 1 << 20;

  private static final int READ_BYTES = 1 << 16;
  private static final int COPIES = 8; // of an event: its text, and JSON with six bytes for one

  private final Journal journal;

  EventPages(Journal journal) {
    this.journal = journal;
  }

  /** The page after a cursor. May block. */
  Response page(Request request) {
    var topic = request.query("topic");
    if (topic == null || topic.isEmpty()) {
      throw new ProblemException(400, "missing_topic", "topic: missing (expected: a topic's name)");
    }
    var topics = Topics.of(topic);
    var after = request.query("after");
    request.reserve(2L * PAGE_BYTES); // the page, and what it grows out of
    var page = new Page(request, after == null ? 0 : journal.locate(topics, after).orElse(0));
    while (page.hasRoom() && read(topics, page.cursor, READ_BYTES) instanceof Frames frames) {
      page.add(frames);
    }
    if (read(topics, page.cursor, 1) instanceof Frames next) {
      next.release();
      page.add(Map.of("more_after", EventIds.of(journal.epoch(), page.cursor)));
    }
    return Response.bytes(200, "application/x-ndjson", page.lines.toByteArray())
        .with("Content-Disposition", "attachment; filename=\"events.ndjson\"");
  }

  private Object read(Topics topics, long cursor, int bytesMax) {
    return journal.readBlocking(topics, cursor, Long.MAX_VALUE, bytesMax);
  }

  /** One that is being filled. Confined to the request's thread. */
  private final class Page {
    private final Request request;
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
    private long cursor;

    Page(Request request, long cursor) {
      this.request = request;
      this.cursor = cursor;
    }

    boolean hasRoom() {
      return lines.size() < PAGE_BYTES;
    }

    /** Adds what there is room for. Releases the frames. */
    void add(Frames frames) {
      try {
        frames.forEach((sequence, block) -> {
          if (hasRoom()) {
            cursor = sequence;
            add(sequence, block);
          }
        });
      } finally {
        frames.release();
      }
    }

    private void add(long sequence, ByteBuffer block) {
      if (block.remaining() > READ_BYTES) {
        request.reserve((long) COPIES * block.remaining());
      }
      new EventDecoder(event -> add(line(sequence, event)), block.remaining()).feed(block);
    }

    private Map<String, Object> line(long sequence, Event event) {
      var line = new LinkedHashMap<String, Object>();
      line.put("id", EventIds.of(journal.epoch(), sequence));
      line.put("type", event.type());
      line.put("data", event.data());
      return line;
    }

    private void add(Map<String, Object> line) {
      lines.writeBytes(JsonMapper.shared().writeValueAsBytes(line));
      lines.write('\n');
    }
  }
}
