// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * What the lines of a stream mean (WHATWG HTML 9.2.6): the fields of the block being read, and what
 * earlier blocks have left. Confined to its decoder.
 */
final class Block {
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] TYPE = "event".getBytes(US_ASCII);
  private static final byte[] RETRY = "retry".getBytes(US_ASCII);
  private static final byte[] DATA = "data".getBytes(US_ASCII);

  private final EventDecoder.Sink sink;
  private final LineEnds ends;

  // The block being read. Data is the values of its data lines with LF after each. Most blocks have
  // only one, and it is not copied: then it lies in the caller's array, and `data` is empty.
  private final Gathered data = new Gathered();
  private boolean lent;
  private int lentFrom;
  private int lentTo;
  private String type = "";
  private @Nullable String id;
  private @Nullable Long retry;

  // The stream so far.
  private String lastEventId;
  private long lastRetry = -1;

  /**
   * A block at the start of a stream.
   *
   * @param ends what has looked at every byte of the lines given
   */
  Block(EventDecoder.Sink sink, LineEnds ends, String lastEventId) {
    this.sink = sink;
    this.ends = ends;
    this.lastEventId = lastEventId;
  }

  String lastEventId() {
    return lastEventId;
  }

  /** {@return the last reconnection time, or -1} */
  long lastRetry() {
    return lastRetry;
  }

  int dataBytes() {
    return lent ? lentTo - lentFrom + 1 : data.length();
  }

  /** Reads a line that is not blank. Borrows the array until {@link #keepLent}. */
  void readLine(byte[] line, int from, int to) {
    switch (line[from]) {
      case 'd' -> {
        if (isNamed(DATA, line, from, to)) {
          readData(line, value(line, from + DATA.length, to), to);
        }
      }
      case 'e' -> {
        if (isNamed(TYPE, line, from, to)) {
          String text = textWithoutNul(line, value(line, from + TYPE.length, to), to);
          type = text == null ? type : text;
        }
      }
      case 'i' -> {
        if (isNamed(ID, line, from, to)) {
          String text = textWithoutNul(line, value(line, from + ID.length, to), to);
          id = text == null ? id : text;
        }
      }
      case 'r' -> {
        if (isNamed(RETRY, line, from, to)) {
          readRetry(line, value(line, from + RETRY.length, to), to);
        }
      }
      case ':' -> sink.onComment(text(line, value(line, from, to), to));
      default -> {} // no field of that name: ignored
    }
  }

  /**
   * The blank line. The id is committed first, data or not.
   *
   * @param lines the array that was given with the lines since {@link #keepLent}
   */
  void dispatch(byte[] lines) {
    if (id != null) {
      lastEventId = id;
    }
    if (dataBytes() == 0) {
      discard();
      return;
    }
    String text = lent ? text(lines, lentFrom, lentTo) : text(data.array(), 0, data.length() - 1);
    var event = new Event(id, type.isEmpty() ? Event.MESSAGE : type, text, retry);
    discard();
    sink.onEvent(event);
  }

  void discard() {
    ends.forget();
    data.clear();
    lent = false;
    if (!type.isEmpty()) { // only then: a write to an old object is work for the collector
      type = "";
    }
    id = null;
    retry = null;
  }

  /** Copies what it still needs of the caller's array, which held the lines until now. */
  void keepLent(byte[] lines) {
    if (lent) {
      data.add(lines, lentFrom, lentTo);
      data.add(LineEnds.LF);
      lent = false;
    }
  }

  private void readData(byte[] line, int from, int to) {
    if (dataBytes() == 0) {
      lent = true;
      lentFrom = from;
      lentTo = to;
      return;
    }
    keepLent(line);
    data.add(line, from, to);
    data.add(LineEnds.LF);
  }

  private void readRetry(byte[] line, int from, int to) {
    long milliseconds = 0;
    for (int at = from; at < to; at++) {
      int digit = line[at] - '0';
      if (digit < 0 || digit > 9 || milliseconds > (Long.MAX_VALUE - digit) / 10) {
        return;
      }
      milliseconds = 10 * milliseconds + digit;
    }
    if (from < to) {
      retry = milliseconds;
      lastRetry = milliseconds;
      sink.onRetry(milliseconds);
    }
  }

  private static boolean isNamed(byte[] name, byte[] line, int from, int to) {
    int end = from + name.length;
    if (end > to || (end < to && line[end] != ':')) {
      return false;
    }
    for (int i = 0; i < name.length; i++) {
      if (line[from + i] != name[i]) {
        return false;
      }
    }
    return true;
  }

  /** {@return where a value begins, after the colon at {@code at} and a space, if there are} */
  private static int value(byte[] line, int at, int to) {
    if (at == to) {
      return at;
    }
    return at + 1 < to && line[at + 1] == ' ' ? at + 2 : at + 1;
  }

  private @Nullable String textWithoutNul(byte[] line, int from, int to) {
    for (int at = from; at < to; at++) {
      if (line[at] == 0) {
        return null;
      }
    }
    return text(line, from, to);
  }

  private String text(byte[] bytes, int from, int to) {
    return Utf8.decode(bytes, from, to, ends.sawOnlyAscii());
  }
}
