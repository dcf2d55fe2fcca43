// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * UTF-8 with replacement as WHATWG Encoding has it, which {@link String} does not quite: it writes
 * {@code ?} for an unpaired surrogate, and reads an encoded surrogate as one U+FFFD instead of
 * three. Each way takes the JDK's fast path and repairs its rare difference afterwards.
 */
final class Utf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  /** {@return the text in UTF-8, each unpaired surrogate as U+FFFD} */
  static byte[] encode(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    for (byte b : bytes) {
      if (b == '?') {
        // Its own, or the JDK's for an unpaired surrogate: only a way back tells.
        return new String(bytes, UTF_8).equals(text)
            ? bytes
            : withoutUnpaired(text).getBytes(UTF_8);
      }
    }
    return bytes;
  }

  /** {@return {@code [from, to)} decoded, each maximal part of a bad sequence as U+FFFD} */
  static String decode(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeBad(bytes, from, to);
  }

  private static String withoutUnpaired(String text) {
    var repaired = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
        .forEach(repaired::appendCodePoint);
    return repaired.toString();
  }

  /** The UTF-8 decoder of WHATWG Encoding 8.1.1, step by step. */
  private static String decodeBad(byte[] bytes, int from, int to) {
    var text = new StringBuilder(to - from);
    int codePoint = 0;
    int needed = 0;
    int lower = 0x80;
    int upper = 0xBF;
    int at = from;
    while (at < to) {
      int b = bytes[at] & 0xFF;
      if (needed > 0) {
        boolean continues = b >= lower && b <= upper;
        lower = 0x80;
        upper = 0xBF;
        if (!continues) {
          needed = 0;
          text.append(REPLACEMENT); // and read this byte again, as a first one
          continue;
        }
        codePoint = codePoint << 6 | (b & 0x3F);
        if (--needed == 0) {
          text.appendCodePoint(codePoint);
        }
      } else if (b < 0x80) {
        text.append((char) b);
      } else if (b >= 0xC2 && b <= 0xDF) {
        needed = 1;
        codePoint = b & 0x1F;
      } else if (b >= 0xE0 && b <= 0xEF) {
        needed = 2;
        codePoint = b & 0x0F;
        lower = b == 0xE0 ? 0xA0 : lower; // overlong below
        upper = b == 0xED ? 0x9F : upper; // surrogates above
      } else if (b >= 0xF0 && b <= 0xF4) {
        needed = 3;
        codePoint = b & 0x07;
        lower = b == 0xF0 ? 0x90 : lower; // overlong below
        upper = b == 0xF4 ? 0x8F : upper; // beyond U+10FFFF above
      } else {
        text.append(REPLACEMENT);
      }
      at++;
    }
    if (needed > 0) {
      text.append(REPLACEMENT);
    }
    return text.toString();
  }
}
