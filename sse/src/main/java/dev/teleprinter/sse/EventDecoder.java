// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one event stream to events, however they are cut (WHATWG HTML 9.2.5 and 9.2.6).
 * Confined to one thread at a time.
 *
 * <p>It takes what arrives and calls its {@link Sink} before {@code feed} returns. A CR at the end
 * of the bytes given ends its line at once, and an LF that comes next belongs to it. One leading
 * byte order mark is skipped; bad UTF-8 is read as U+FFFD. A {@code retry} that is not all digits,
 * or is more than a {@code long} holds, is ignored, as is an {@code id} with NUL.
 *
 * <p>One departure from the specification: an {@code event} field with NUL is ignored too, because
 * {@link Event} has no such types (docs/decisions/0006-no-nul-in-event-types.md).
 *
 * <p>Time is linear in the bytes fed, and memory bounded: see {@code eventBytesMax}. After an
 * exception, from the limit or from the sink, nothing more can be fed.
 */
public final class EventDecoder {
  // How it works. Each line is handed to the block where it lies in the caller's bytes. Only a line
  // cut by their end is copied, until its end comes; no byte is searched twice. That cutting into
  // lines comes before decoding makes no difference: in UTF-8 a CR or LF byte is never part of
  // another character, not even of a bad one.

  /**
   * Takes what a decoder reads, on the thread that feeds it. It must not feed the decoder; it may
   * {@link #end} it, and then gets nothing more.
   */
  public interface Sink {
    /**
     * An event with data came to its end.
     *
     * <p>Its id and retry are those its own block set, or null; {@link EventDecoder#lastEventId}
     * has the id as a browser shows it, which earlier blocks may have set.
     */
    void onEvent(Event event);

    /** A comment line, given without the colon and one space after it. */
    default void onComment(String comment) {}

    /** A valid {@code retry} field, in milliseconds; it counts at once, event or not. */
    default void onRetry(long milliseconds) {}
  }

  private static final int LIMIT_MAX = 1 << 29; // a String has room for any text of it
  private static final int COPIED_BYTES = 8192;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final int eventBytesMax;
  private final LineEnds ends = new LineEnds();
  private final Block block;
  private final Gathered cutLine = new Gathered();
  private int markBytes; // of the byte order mark, so far
  private boolean afterCr;
  private boolean feeding; // stays so after an exception: then nothing fits together any more
  private boolean ended;
  private byte @Nullable [] copied;

  /**
   * A decoder at the start of a stream whose reader has no last event id yet.
   *
   * @param eventBytesMax the most bytes an event may have, from 1 to 2<sup>29</sup>: its data so
   *     far and the line being read, names and comments included. More is an {@link
   *     EventTooLargeException}. Memory used is a small multiple of the bytes an event really has.
   */
  public EventDecoder(Sink sink, long eventBytesMax) {
    this(sink, eventBytesMax, "");
  }

  /**
   * A decoder at the start of a stream that goes on from an earlier one.
   *
   * @param eventBytesMax as above
   * @param lastEventId where the earlier stream stopped; empty if it set no id
   * @throws IllegalArgumentException if the id has CR, LF or NUL
   */
  public EventDecoder(Sink sink, long eventBytesMax, String lastEventId) {
    if (eventBytesMax < 1 || eventBytesMax > LIMIT_MAX) {
      throw new IllegalArgumentException(
          "eventBytesMax: " + eventBytesMax + " (expected: 1 to " + LIMIT_MAX + ")");
    }
    Event.requireOneLine("lastEventId", lastEventId);
    this.eventBytesMax = (int) eventBytesMax;
    block = new Block(Objects.requireNonNull(sink, "sink"), ends, lastEventId);
  }

  /**
   * Decodes what remains in the buffer and moves its position to its limit. Borrows it until it
   * returns.
   *
   * @throws EventTooLargeException if an event passes the limit
   * @throws IllegalStateException if the stream has ended or failed, or the sink calls this
   */
  public void feed(ByteBuffer bytes) {
    if (bytes.hasArray()) {
      int from = bytes.arrayOffset() + bytes.position();
      feed(bytes.array(), from, from + bytes.remaining());
      bytes.position(bytes.limit());
      return;
    }
    if (copied == null) {
      copied = new byte[COPIED_BYTES];
    }
    do {
      int length = Math.min(bytes.remaining(), copied.length);
      bytes.get(copied, 0, length);
      feed(copied, 0, length);
    } while (bytes.hasRemaining() && !ended);
    bytes.position(bytes.limit());
  }

  /**
   * Decodes {@code [from, to)}. Borrows the array until it returns.
   *
   * @throws EventTooLargeException if an event passes the limit
   * @throws IllegalStateException if the stream has ended or failed, or the sink calls this
   */
  public void feed(byte[] bytes, int from, int to) {
    Objects.checkFromToIndex(from, to, bytes.length);
    if (ended || feeding) {
      throw new IllegalStateException(
          ended ? "decoder: ended" : "decoder: failed before, or fed by its own sink");
    }
    feeding = true;
    readLines(bytes, skipMarkAndLf(bytes, from, to), to);
    block.keepLent(bytes);
    feeding = false;
  }

  /**
   * The stream is over: a block without its blank line is discarded, id and all. Nothing more can
   * be fed. Doing it again changes nothing.
   */
  public void end() {
    ended = true;
    block.discard();
  }

  /**
   * {@return the id a reader would resume from: the last one set by a block that came to its end,
   * with data or without; empty if there was none or it was reset}
   */
  public String lastEventId() {
    return block.lastEventId();
  }

  /** {@return the last valid reconnection time in milliseconds, if there was one} */
  public OptionalLong retry() {
    long milliseconds = block.lastRetry();
    return milliseconds < 0 ? OptionalLong.empty() : OptionalLong.of(milliseconds);
  }

  /** {@return where the first line begins, after a byte order mark or the LF of a cut CRLF} */
  private int skipMarkAndLf(byte[] bytes, int from, int to) {
    int at = from;
    while (markBytes < BYTE_ORDER_MARK.length && at < to) {
      if (bytes[at] != BYTE_ORDER_MARK[markBytes]) {
        keep(BYTE_ORDER_MARK, 0, markBytes); // no mark: they begin a line that is no field
        markBytes = BYTE_ORDER_MARK.length;
        break;
      }
      markBytes++;
      at++;
    }
    if (afterCr && at < to) {
      afterCr = false;
      return bytes[at] == LineEnds.LF ? at + 1 : at;
    }
    return at;
  }

  private void readLines(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && !ended) {
      int end = ends.find(bytes, at, to);
      if (end == to) {
        keep(bytes, at, to);
        return;
      }
      if (cutLine.length() > 0) {
        keep(bytes, at, end);
        block.readLine(cutLine.array(), 0, cutLine.length());
        block.keepLent(cutLine.array());
        cutLine.clear();
      } else if (at < end) {
        requireRoom(end - at);
        block.readLine(bytes, at, end);
      } else {
        block.dispatch(bytes);
      }
      afterCr = bytes[end] == LineEnds.CR && end + 1 == to;
      at = LineEnds.after(bytes, end, to);
    }
  }

  /** Keeps the beginning, or more, of a line until its end comes. */
  private void keep(byte[] bytes, int from, int to) {
    requireRoom((long) cutLine.length() + to - from);
    cutLine.add(bytes, from, to);
  }

  private void requireRoom(long lineBytes) {
    long eventBytes = block.dataBytes() + lineBytes;
    if (eventBytes > eventBytesMax) {
      throw new EventTooLargeException(eventBytes, eventBytesMax);
    }
  }
}
