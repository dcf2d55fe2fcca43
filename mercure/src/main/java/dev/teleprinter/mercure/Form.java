// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request.Parameter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The strict reading of {@code application/x-www-form-urlencoded}: WHATWG URL 5.1, but what that
 * would repair in silence (a broken percent-encoding, bytes that are not UTF-8) is refused, because
 * a publisher's data must arrive exactly or not at all. Stateless.
 */
final class Form {
  private Form() {}

  /**
   * The fields in order.
   *
   * @param textBytesMax UTF-8 bytes of the longest text that anything has room for; a field that
   *     cannot have fewer is refused before it is decoded
   * @throws ProblemException 400 {@code invalid_form}, 413 {@code too_many_fields} or 413 {@code
   *     event_too_large}
   */
  static List<Parameter> fields(byte[] body, int fieldsMax, int textBytesMax) {
    var fields = new ArrayList<Parameter>();
    int from = 0;
    while (from < body.length) {
      int to = find((byte) '&', body, from, body.length);
      if (to > from) {
        if (fields.size() == fieldsMax) {
          throw new ProblemException(
              413, "too_many_fields", "fields: more (expected: <= " + fieldsMax + ")");
        }
        int equals = find((byte) '=', body, from, to);
        requireFits(Math.max(equals - from, to - equals), textBytesMax);
        var name = decode(body, from, equals);
        fields.add(new Parameter(name, decode(body, Math.min(equals + 1, to), to)));
      }
      from = to + 1;
    }
    return fields;
  }

  private static void requireFits(int encodedBytes, int textBytesMax) {
    if (encodedBytes / 3 > textBytesMax) { // %-encoding makes three bytes of one at most
      throw new ProblemException(
          413,
          "event_too_large",
          "field: %d bytes encoded (expected: <= %d when decoded)"
              .formatted(encodedBytes, textBytesMax));
    }
  }

  private static int find(byte wanted, byte[] body, int from, int to) {
    int at = from;
    while (at < to && body[at] != wanted) {
      at++;
    }
    return at;
  }

  private static String decode(byte[] body, int from, int to) {
    var bytes = new byte[to - from];
    int count = 0;
    int all = 0; // has the bits of all bytes
    for (int i = from; i < to; i++) {
      byte b = body[i];
      if (b == '%') {
        b = percentDecoded(body, i, to);
        i += 2;
      } else if (b == '+') {
        b = ' ';
      }
      bytes[count++] = b;
      all |= b;
    }
    if (all >= 0) {
      return new String(bytes, 0, count, StandardCharsets.ISO_8859_1); // ASCII
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, count))
          .toString();
    } catch (CharacterCodingException e) {
      throw invalid("bytes that are not UTF-8 in a value at", from);
    }
  }

  private static byte percentDecoded(byte[] body, int at, int to) {
    int high = at + 2 < to ? Character.digit(body[at + 1], 16) : -1;
    int low = at + 2 < to ? Character.digit(body[at + 2], 16) : -1;
    if (high < 0 || low < 0) {
      throw invalid("a broken percent-encoding at", at);
    }
    return (byte) (high << 4 | low);
  }

  private static ProblemException invalid(String what, int at) {
    return new ProblemException(
        400,
        "invalid_form",
        "body: %s byte %d (expected: application/x-www-form-urlencoded, UTF-8)"
            .formatted(what, at));
  }
}
