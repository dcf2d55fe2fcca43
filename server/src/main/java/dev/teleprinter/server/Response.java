// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Topics;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a request is answered: {@link Ready} says it, with a whole reply or by a subscriber; {@link
 * Later} and {@link Blocking} say how it is found out. Immutable.
 */
public sealed interface Response {
  /** What can be sent. */
  sealed interface Ready extends Response {}

  /**
   * It is found out without a thread that waits.
   *
   * @param answer completed by any thread, with more of the same or with what a handler may throw
   */
  record Later(CompletionStage<? extends Response> answer) implements Response {}

  /**
   * Finding it out may block.
   *
   * @param rest called on a virtual thread of the request's own; may throw what a handler may
   */
  record Blocking(Callable<? extends Response> rest) implements Response {}

  /**
   * A whole reply.
   *
   * @param status the HTTP status
   * @param headers in order; content length, date, CORS and connection are the server's
   * @param body the bytes, not to be changed afterwards
   */
  @SuppressWarnings("ArrayRecordComponent") // written as it is; a copy would serve nobody
  record Reply(int status, Map<String, String> headers, byte[] body) implements Ready {
    /** {@return the reply with one more header} */
    public Reply with(String name, String value) {
      return new Reply(status, plus(headers, name, value), body);
    }
  }

  /**
   * The connection becomes a subscriber: {@code 200 text/event-stream}, first bytes at once, then
   * everything in the topics after the cursor, until they are closed or the reader leaves.
   *
   * @param topics what to read
   * @param after the cursor
   * @param told the reader knows that events up to here may be gone: no gap on their account
   * @param opening frames sent before the first from the journal, such as a gap: whole encoded
   *     event blocks
   * @param view how the frames are written
   * @param headers additional ones
   * @param live what it is sent beside, without being in any log: an encoded event block that
   *     stands for all before it. Asked once a second on the event loop, sent when it is another
   */
  record Subscribe(
      Topics topics,
      long after,
      long told,
      List<byte[]> opening,
      View view,
      Map<String, String> headers,
      @Nullable Supplier<byte[]> live)
      implements Ready {
    /** A subscriber of frames as they are kept. */
    public static Subscribe to(Topics topics, long after) {
      return new Subscribe(topics, after, after, List.of(), View.FRAMES, Map.of(), null);
    }

    /** {@return the same with one more header} */
    public Subscribe with(String name, String value) {
      return new Subscribe(topics, after, told, opening, view, plus(headers, name, value), live);
    }

    /** {@return the same in another view} */
    public Subscribe in(View newView) {
      return new Subscribe(topics, after, told, opening, newView, headers, live);
    }

    /** The first bytes of the stream: one browser reports {@code open} only when it has some. */
    byte[] firstBytes() {
      var bytes = new ByteArrayOutputStream();
      bytes.writeBytes(new byte[] {':', '\n'});
      opening.forEach(bytes::writeBytes);
      return bytes.toByteArray();
    }

    /** {@return the same for a reader who was told that events up to a sequence may be gone} */
    public Subscribe told(long newTold) {
      return new Subscribe(topics, after, newTold, opening, view, headers, live);
    }

    /** {@return the same with one more opening block} */
    public Subscribe opening(byte[] block) {
      var blocks = new ArrayList<>(opening);
      blocks.add(block);
      return new Subscribe(topics, after, told, List.copyOf(blocks), view, headers, live);
    }

    /** {@return the same that is also sent what this gives} */
    public Subscribe live(Supplier<byte[]> newLive) {
      return new Subscribe(topics, after, told, opening, view, headers, newLive);
    }
  }

  /** How a subscriber's frames are written. */
  enum View {
    /** As kept: every event with its id. The fast one. */
    FRAMES,
    /**
     * Without {@code id:} lines, for the OpenAI SDKs (Open Responses: servers should not send ids).
     */
    WITHOUT_IDS
  }

  /** {@return 204 without a body: tells an EventSource to stay away, WHATWG HTML 9.2.3} */
  static Reply noContent() {
    return new Reply(204, Map.of(), new byte[0]);
  }

  /** {@return a reply of {@code text/plain; charset=utf-8}} */
  static Reply text(int status, String text) {
    return bytes(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  /** {@return a reply of {@code application/json}} */
  static Reply json(int status, String json) {
    return bytes(status, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  /** {@return a reply of the given content type} */
  static Reply bytes(int status, String contentType, byte[] body) {
    return new Reply(status, Map.of("Content-Type", contentType), body);
  }

  private static Map<String, String> plus(Map<String, String> headers, String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return Collections.unmodifiableMap(more);
  }
}
