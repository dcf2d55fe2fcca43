// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * WHATWG HTML 9.2.6 word for word over a whole body as one string: slow, and plain to see right.
 */
final class NaiveDecoder {
  private final List<Decoded.Dispatched> events = new ArrayList<>();
  private final List<Long> retries = new ArrayList<>();
  private String data = "";
  private String type = "";
  private String idBuffer = "";
  private String lastId = "";
  // Not the specification's: what this block alone has set, as Event has it.
  private String ownId;
  private Long ownRetry;

  static Decoded decode(byte[] body) {
    String text = text(body);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    var decoder = new NaiveDecoder();
    String[] lines = text.split("\r\n|\r|\n", -1);
    for (String line : Arrays.copyOf(lines, lines.length - 1)) { // the last one has no end
      decoder.line(line);
    }
    List<Long> retries = decoder.retries;
    Long retry = retries.isEmpty() ? null : retries.get(retries.size() - 1);
    return new Decoded(decoder.events, retries, decoder.lastId, retry);
  }

  private void line(String line) {
    if (line.isEmpty()) {
      dispatch();
    } else if (line.startsWith(":")) {
      return;
    } else if (line.contains(":")) {
      String value = line.substring(line.indexOf(':') + 1);
      field(
          line.substring(0, line.indexOf(':')), value.startsWith(" ") ? value.substring(1) : value);
    } else {
      field(line, "");
    }
  }

  private void field(String name, String value) {
    if (name.equals("event")) {
      type = value;
    } else if (name.equals("data")) {
      data += value + "\n";
    } else if (name.equals("id") && !value.contains("\0")) {
      idBuffer = value;
      ownId = value;
    } else if (name.equals("retry") && value.matches("[0-9]+") && fitsLong(value)) {
      ownRetry = Long.valueOf(value);
      retries.add(ownRetry);
    }
  }

  private void dispatch() {
    lastId = idBuffer;
    if (!data.isEmpty()) {
      String text = data.substring(0, data.length() - 1);
      String name = type.isEmpty() ? "message" : type;
      events.add(new Decoded.Dispatched(new Event(ownId, name, text, ownRetry), lastId));
    }
    data = "";
    type = "";
    ownId = null;
    ownRetry = null;
  }

  private static boolean fitsLong(String digits) {
    return new java.math.BigInteger(digits).bitLength() < Long.SIZE;
  }

  /**
   * UTF-8 by definition: well-formed sequences, and one U+FFFD for each maximal part of another.
   */
  static String text(byte[] bytes) {
    var text = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = 1;
      String character = "\uFFFD";
      for (int to = at + 1; to <= Math.min(at + 4, bytes.length); to++) {
        byte[] part = Arrays.copyOfRange(bytes, at, to);
        if (strict(part) != null) {
          length = to - at;
          character = strict(part);
          break;
        }
        if (beginsCharacter(part)) {
          length = to - at;
        }
      }
      text.append(character);
      at += length;
    }
    return text.toString();
  }

  /** Whether some bytes after these make them one well-formed character. */
  private static boolean beginsCharacter(byte[] part) {
    if (part.length >= 4) {
      return false;
    }
    for (byte next : new byte[] {(byte) 0x80, (byte) 0x90, (byte) 0xA0}) {
      byte[] longer = Arrays.copyOf(part, part.length + 1);
      longer[part.length] = next;
      if (strict(longer) != null || beginsCharacter(longer)) {
        return true;
      }
    }
    return false;
  }

  /** The one character these bytes are, or null. */
  private static String strict(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.codePointCount(0, text.length()) == 1 ? text : null;
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
