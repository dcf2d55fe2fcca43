// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Events to the bytes of an event stream (WHATWG HTML 9.2.5). Thread-safe.
 *
 * <p>Every block has its lines in the order {@code id}, {@code event}, {@code retry}, {@code data},
 * each ended by LF, and then the blank line that dispatches it. A space follows each colon, so that
 * a value may begin with one. Data is cut into lines at CRLF, CR and LF, so all of them are read
 * back as LF; apart from that, and from unpaired surrogates (written as U+FFFD, since UTF-8 has no
 * form for them), any text is read back exactly. Each returned array is new and the caller's.
 */
public final class EventEncoder {
  private static final byte[] ID = ascii("id: ");
  private static final byte[] TYPE = ascii("event: ");
  private static final byte[] RETRY = ascii("retry: ");
  private static final byte[] DATA = ascii("data: ");
  private static final int FRAME_BYTES_MAX = Integer.MAX_VALUE - 8; // what JVMs allow an array

  private EventEncoder() {}

  /**
   * {@return the whole block of an event}
   *
   * <p>There is no {@code id} line when the id is null, and no {@code event} line for type {@code
   * message}.
   *
   * @throws IllegalArgumentException if the block does not fit an array (2 GiB)
   */
  public static byte[] encode(Event event) {
    return block(event.id(), event);
  }

  /**
   * {@return the block of an event without its {@code id} line}
   *
   * <p>{@link #idLine} followed by this is a whole block.
   *
   * @throws IllegalArgumentException if the block does not fit an array (2 GiB)
   */
  public static byte[] encodeWithoutId(Event event) {
    return block(null, event);
  }

  /**
   * {@return the line that sets the last event id, LF included}
   *
   * <p>An empty id gives {@code id:}, which resets it: a reader then sends no {@code
   * Last-Event-ID}.
   *
   * @throws IllegalArgumentException if the id has CR, LF or NUL
   */
  public static byte[] idLine(String id) {
    Event.requireOneLine("id", id);
    byte[] value = Utf8.encode(id);
    byte[] line = new byte[Math.toIntExact(lineBytes(ID, value))];
    line(line, 0, ID, value);
    return line;
  }

  /**
   * {@return a comment, invisible to readers of events}
   *
   * <p>It ends with one LF, not two: a widely used client takes a blank line after any earlier id
   * for an event without data, and fails.
   */
  public static byte[] heartbeat() {
    return new byte[] {':', LineEnds.LF};
  }

  private static byte[] block(@Nullable String id, Event event) {
    byte[] idValue = id == null ? null : Utf8.encode(id);
    byte[] type = event.type().equals(Event.MESSAGE) ? null : Utf8.encode(event.type());
    Long milliseconds = event.retry();
    byte[] retry = milliseconds == null ? null : ascii(milliseconds.toString());
    byte[] data = Utf8.encode(event.data());
    int firstEnd =
        new LineEnds().find(data, 0, data.length); // mostly the only one: the end of data

    long size =
        lineBytes(ID, idValue)
            + lineBytes(TYPE, type)
            + lineBytes(RETRY, retry)
            + dataBytes(data, firstEnd)
            + 1;
    if (size > FRAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "event: " + size + " bytes encoded (expected: <= " + FRAME_BYTES_MAX + ")");
    }
    byte[] block = new byte[(int) size];
    int at = line(block, 0, ID, idValue);
    at = line(block, at, TYPE, type);
    at = line(block, at, RETRY, retry);
    at = dataLines(block, at, data, firstEnd);
    block[at] = LineEnds.LF;
    return block;
  }

  private static long lineBytes(byte[] name, byte @Nullable [] value) {
    if (value == null) {
      return 0;
    }
    return nameBytes(name, value) + (long) value.length + 1;
  }

  /**
   * The space is left out before an empty value: {@code id:} is the reset tried in all browsers.
   */
  private static int nameBytes(byte[] name, byte[] value) {
    return value.length == 0 ? name.length - 1 : name.length;
  }

  private static int line(byte[] block, int from, byte[] name, byte @Nullable [] value) {
    if (value == null) {
      return from;
    }
    int at = put(block, from, name, 0, nameBytes(name, value));
    at = put(block, at, value, 0, value.length);
    block[at] = LineEnds.LF;
    return at + 1;
  }

  private static long dataBytes(byte[] data, int firstEnd) {
    var ends = new LineEnds();
    long bytes = (long) DATA.length + data.length + 1;
    int end = firstEnd;
    while (end < data.length) {
      int next = LineEnds.after(data, end, data.length);
      bytes += DATA.length + 1 - (next - end);
      end = ends.find(data, next, data.length);
    }
    return bytes;
  }

  private static int dataLines(byte[] block, int from, byte[] data, int firstEnd) {
    var ends = new LineEnds();
    int at = from;
    int lineFrom = 0;
    int end = firstEnd;
    while (true) {
      at = put(block, at, DATA, 0, DATA.length);
      at = put(block, at, data, lineFrom, end);
      block[at++] = LineEnds.LF;
      if (end == data.length) {
        return at;
      }
      lineFrom = LineEnds.after(data, end, data.length);
      end = ends.find(data, lineFrom, data.length);
    }
  }

  private static int put(byte[] block, int at, byte[] source, int from, int to) {
    System.arraycopy(source, from, block, at, to - from);
    return at + to - from;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
