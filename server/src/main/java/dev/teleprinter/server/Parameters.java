// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The {@code application/x-www-form-urlencoded} parser, WHATWG URL 5.1. Stateless. */
public final class Parameters {
  private Parameters() {}

  /**
   * Names and values in order. As the standard says: {@code +} is a space, a stray {@code %} stands
   * for itself, and what is not UTF-8 becomes U+FFFD.
   */
  public static List<Request.Parameter> parse(String encoded) {
    var found = new ArrayList<Request.Parameter>();
    int from = 0;
    while (from < encoded.length()) {
      int and = encoded.indexOf('&', from);
      int to = and < 0 ? encoded.length() : and;
      if (to > from) {
        int equals = encoded.indexOf('=', from);
        int nameEnd = equals < 0 || equals > to ? to : equals;
        var name = decode(encoded.substring(from, nameEnd), true);
        var value = nameEnd == to ? "" : decode(encoded.substring(nameEnd + 1, to), true);
        found.add(new Request.Parameter(name, value));
      }
      from = to + 1;
    }
    return List.copyOf(found);
  }

  /**
   * The target of a request with its bytes read as UTF-8: curl and others send what a person typed
   * as it is, and the codec makes one character of each byte.
   */
  static String utf8(String target) {
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) >= 128) {
        return new String(target.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      }
    }
    return target;
  }

  /** Percent-decodes a piece of a URL; {@code +} is a space only in forms. */
  static String decode(String encoded, boolean plusIsSpace) {
    if (encoded.indexOf('%') < 0) {
      return plusIsSpace ? encoded.replace('+', ' ') : encoded;
    }
    var bytes = encoded.getBytes(StandardCharsets.UTF_8);
    var decoded = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      int low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
      if (bytes[i] == '%' && low >= 0) {
        decoded.write(high << 4 | low);
        i += 2;
      } else {
        decoded.write(plusIsSpace && bytes[i] == '+' ? ' ' : bytes[i]);
      }
    }
    return decoded.toString(StandardCharsets.UTF_8);
  }
}
