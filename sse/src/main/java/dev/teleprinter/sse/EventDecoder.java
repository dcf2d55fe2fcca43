// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
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
 * {@link Event} has no such types (docs/decisions/0003-no-nul-in-event-types.md).
 *
 * <p>Time is linear in the bytes fed, and memory bounded: see {@code eventBytesMax}. After an
 * exception, from the limit or from the sink, nothing more can be fed.
 */
public final class EventDecoder {
  // How it works. Lines are looked at where they lie in the caller's bytes. Only a line cut by
  // their end is copied to `line` until its end comes; no byte is searched twice. Values of data
  // lines are gathered in `data` with the LF after each, and decoded once, at the blank line. That
  // cutting into lines comes before decoding makes no difference: in UTF-8 a CR or LF byte is
  // never part of another character, not even of a bad one.

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

  private static final int EVENT_BYTES_MAX_MAX = 1 << 29; // a String has room for any text of it
  private static final int KEPT_BYTES = 1 << 16;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] TYPE = "event".getBytes(US_ASCII);
  private static final byte[] RETRY = "retry".getBytes(US_ASCII);
  private static final byte[] DATA = "data".getBytes(US_ASCII);

  private final Sink sink;
  private final int eventBytesMax;

  // The block being read.
  private byte[] line = new byte[256];
  private int lineBytes;
  private byte[] data = new byte[256];
  private int dataBytes;
  private String type = "";
  private @Nullable String id;
  private @Nullable Long blockRetry;

  // The stream so far.
  private boolean feeding; // stays so after an exception: then nothing fits together any more
  private boolean ended;
  private int markBytes;
  private boolean afterCr;
  private String lastEventId;
  private long retry = -1;
  private byte @Nullable [] copied;

  /**
   * A decoder at the start of a stream whose reader has no last event id yet.
   *
   * @param eventBytesMax the most bytes held for one event, from 1 to 2<sup>29</sup>: its data so
   *     far and the line being read, names and comments included. More than that is an {@link
   *     EventTooLargeException}.
   */
  public EventDecoder(Sink sink, long eventBytesMax) {
    this(sink, eventBytesMax, "");
  }

  /**
   * A decoder at the start of a stream that goes on from an earlier one.
   *
   * @param eventBytesMax as above
   * @param lastEventId where the earlier stream stopped; empty if it set no id
   */
  public EventDecoder(Sink sink, long eventBytesMax, String lastEventId) {
    if (eventBytesMax < 1 || eventBytesMax > EVENT_BYTES_MAX_MAX) {
      throw new IllegalArgumentException(
          "eventBytesMax: " + eventBytesMax + " (expected: 1 to " + EVENT_BYTES_MAX_MAX + ")");
    }
    this.sink = Objects.requireNonNull(sink, "sink");
    this.eventBytesMax = (int) eventBytesMax;
    this.lastEventId = Objects.requireNonNull(lastEventId, "lastEventId");
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
      copied = new byte[8192];
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
    feeding = false;
  }

  /**
   * The stream is over: a block without its blank line is discarded, id and all. Nothing more can
   * be fed. Doing it again changes nothing.
   */
  public void end() {
    ended = true;
    lineBytes = 0;
    resetBlock();
  }

  /**
   * {@return the id a reader would resume from: the last one set by a block that came to its end,
   * with data or without; empty if there was none or it was reset}
   */
  public String lastEventId() {
    return lastEventId;
  }

  /** {@return the last valid reconnection time in milliseconds, if there was one} */
  public OptionalLong retry() {
    return retry < 0 ? OptionalLong.empty() : OptionalLong.of(retry);
  }

  /** {@return where the first line begins, after a byte order mark or the LF of a cut CRLF} */
  private int skipMarkAndLf(byte[] bytes, int from, int to) {
    int at = from;
    while (markBytes < BYTE_ORDER_MARK.length && at < to) {
      if (bytes[at] != BYTE_ORDER_MARK[markBytes]) {
        keep(BYTE_ORDER_MARK, 0, markBytes); // they were text after all
        markBytes = BYTE_ORDER_MARK.length;
        break;
      }
      markBytes++;
      at++;
    }
    if (afterCr && at < to) {
      afterCr = false;
      return bytes[at] == LineEnd.LF ? at + 1 : at;
    }
    return at;
  }

  private void readLines(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && !ended) {
      int end = LineEnd.find(bytes, at, to);
      if (end == to) {
        keep(bytes, at, to);
        return;
      }
      if (lineBytes == 0) {
        readLine(bytes, at, end);
      } else {
        keep(bytes, at, end);
        int length = lineBytes;
        lineBytes = 0;
        readLine(line, 0, length);
      }
      afterCr = bytes[end] == LineEnd.CR && end + 1 == to;
      at = LineEnd.after(bytes, end, to);
    }
  }

  /** Keeps the beginning, or more, of a line until its end comes. */
  private void keep(byte[] bytes, int from, int to) {
    requireRoom((long) lineBytes + to - from);
    line = append(line, lineBytes, bytes, from, to, 0);
    lineBytes += to - from;
  }

  private void readLine(byte[] bytes, int from, int to) {
    if (from == to) {
      dispatch();
      return;
    }
    requireRoom(to - from);
    switch (bytes[from]) {
      case 'd' -> {
        if (isNamed(DATA, bytes, from, to)) {
          int value = value(bytes, from + DATA.length, to);
          data = append(data, dataBytes, bytes, value, to, 1);
          dataBytes += to - value + 1;
          data[dataBytes - 1] = LineEnd.LF;
        }
      }
      case 'e' -> {
        if (isNamed(TYPE, bytes, from, to)) {
          String text = textWithoutNul(bytes, value(bytes, from + TYPE.length, to), to);
          type = text == null ? type : text;
        }
      }
      case 'i' -> {
        if (isNamed(ID, bytes, from, to)) {
          String text = textWithoutNul(bytes, value(bytes, from + ID.length, to), to);
          id = text == null ? id : text;
        }
      }
      case 'r' -> {
        if (isNamed(RETRY, bytes, from, to)) {
          readRetry(bytes, value(bytes, from + RETRY.length, to), to);
        }
      }
      case ':' -> sink.onComment(Utf8.decode(bytes, value(bytes, from, to), to));
      default -> {} // no field of that name: ignored
    }
  }

  private static boolean isNamed(byte[] name, byte[] line, int from, int to) {
    int end = from + name.length;
    return end <= to
        && Arrays.equals(name, 0, name.length, line, from, end)
        && (end == to || line[end] == ':');
  }

  /** {@return where a value begins, after the colon at {@code at} and a space, if there are} */
  private static int value(byte[] line, int at, int to) {
    if (at == to) {
      return at;
    }
    return at + 1 < to && line[at + 1] == ' ' ? at + 2 : at + 1;
  }

  private static @Nullable String textWithoutNul(byte[] line, int from, int to) {
    for (int i = from; i < to; i++) {
      if (line[i] == 0) {
        return null;
      }
    }
    return Utf8.decode(line, from, to);
  }

  private void readRetry(byte[] line, int from, int to) {
    long milliseconds = 0;
    for (int i = from; i < to; i++) {
      int digit = line[i] - '0';
      if (digit < 0 || digit > 9 || milliseconds > (Long.MAX_VALUE - digit) / 10) {
        return;
      }
      milliseconds = 10 * milliseconds + digit;
    }
    if (from < to) {
      retry = milliseconds;
      blockRetry = milliseconds;
      sink.onRetry(milliseconds);
    }
  }

  /** The blank line: the id is committed first, data or not. */
  private void dispatch() {
    if (id != null) {
      lastEventId = id;
    }
    if (dataBytes == 0) {
      resetBlock();
      return;
    }
    String text = Utf8.decode(data, 0, dataBytes - 1);
    Event event = new Event(id, type.isEmpty() ? Event.MESSAGE : type, text, blockRetry);
    resetBlock();
    sink.onEvent(event);
  }

  private void resetBlock() {
    dataBytes = 0;
    type = "";
    id = null;
    blockRetry = null;
    if (data.length > KEPT_BYTES) {
      data = new byte[KEPT_BYTES]; // one large event shall not cost memory for ever
    }
    if (line.length > KEPT_BYTES && lineBytes == 0) {
      line = new byte[KEPT_BYTES];
    }
  }

  private void requireRoom(long bytes) {
    if (dataBytes + bytes > eventBytesMax) {
      throw new EventTooLargeException(dataBytes + bytes, eventBytesMax);
    }
  }

  private static byte[] append(
      byte[] to, int at, byte[] source, int from, int sourceTo, int spare) {
    int needed = at + sourceTo - from + spare;
    byte[] target =
        needed <= to.length ? to : Arrays.copyOf(to, (int) Math.max(needed, 2L * to.length));
    System.arraycopy(source, from, target, at, sourceTo - from);
    return target;
  }
}
