// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * UTF-8 with replacement as WHATWG Encoding has it. {@link String} does not quite: it writes {@code
 * ?} for an unpaired surrogate, and reads an encoded surrogate as one U+FFFD instead of three.
 */
final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long TOP_BITS = 0x8080808080808080L;
  private static final long EACH_ONE = 0x0101010101010101L;
  private static final long QUESTION_MARKS = 0x3F3F3F3F3F3F3F3FL;
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  /** {@return the text in UTF-8, each unpaired surrogate as U+FFFD} */
  static byte[] encode(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    // A ? is the text's own, or the JDK's for an unpaired surrogate: only a way back tells.
    return !hasQuestionMark(bytes) || new String(bytes, UTF_8).equals(text)
        ? bytes
        : withoutUnpaired(text).getBytes(UTF_8);
  }

  private static boolean hasQuestionMark(byte[] bytes) {
    int at = 0;
    for (; at <= bytes.length - Long.BYTES; at += Long.BYTES) {
      long word = (long) LONGS.get(bytes, at) ^ QUESTION_MARKS;
      if (((word - EACH_ONE) & ~word & TOP_BITS) != 0) {
        return true;
      }
    }
    while (at < bytes.length && bytes[at] != '?') {
      at++;
    }
    return at < bytes.length;
  }

  private static String withoutUnpaired(String text) {
    var repaired = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? REPLACEMENT : c)
        .forEach(repaired::appendCodePoint);
    return repaired.toString();
  }

  /**
   * {@return {@code [from, to)} decoded, each maximal part of a bad sequence as U+FFFD}
   *
   * @param onlyAscii whether it is known that no byte has its top bit set
   */
  static String decode(byte[] bytes, int from, int to, boolean onlyAscii) {
    if (onlyAscii) {
      return new String(bytes, from, to - from, ISO_8859_1);
    }
    char[] chars = new char[to - from]; // no byte makes more than one
    int length = 0;
    int at = from;
    while (at < to) {
      int first = bytes[at];
      if (first >= 0) {
        chars[length++] = (char) first;
        at++;
        continue;
      }
      int before = length;
      length = decodeThrees(bytes, at, to, chars, length);
      at += 3 * (length - before);
      if (length > before) {
        continue;
      }

      // WHATWG Encoding 8.1.1
      first = bytes[at++] & 0xFF;
      int needed = first < 0xC2 || first > 0xF4 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
      int lower = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80; // below is overlong
      int upper = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF; // surrogates, > U+10FFFF
      int codePoint = first & (0x3F >> needed);
      while (needed > 0 && at < to) {
        int next = bytes[at] & 0xFF;
        if (next < lower || next > upper) {
          break; // and it is read again, as a first one
        }
        codePoint = codePoint << 6 | (next & 0x3F);
        lower = 0x80;
        upper = 0xBF;
        needed--;
        at++;
      }
      if (needed != 0) {
        chars[length++] = REPLACEMENT;
      } else {
        length += Character.toChars(codePoint, chars, length);
      }
    }
    return new String(chars, 0, length);
  }

  /** {@return the length of the chars with those of three bytes each, as most of Chinese, added} */
  private static int decodeThrees(byte[] bytes, int from, int to, char[] chars, int charsLength) {
    int length = charsLength;
    for (int at = from; at <= to - Integer.BYTES; at += 3) {
      int word = (int) INTS.get(bytes, at);
      char c = (char) ((word & 0x0F) << 12 | (word >> 2 & 0xFC0) | (word >> 16 & 0x3F));
      if ((word & 0xC0C0F0) != 0x8080E0 || c < 0x800 || Character.isSurrogate(c)) {
        break;
      }
      chars[length++] = c;
    }
    return length;
  }
}
