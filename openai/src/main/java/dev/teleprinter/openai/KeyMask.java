// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Replaces an upstream's key in what that upstream said, before anybody else sees it: whole, as it
 * looks in a URL, in JSON and in Base64, and in errors any part of it that is long enough to be of
 * use. Immutable.
 *
 * <p>A key of fewer than eight characters is a placeholder that local servers are satisfied with,
 * such as their own name, and no secret: it is left alone.
 */
final class KeyMask {
  /** The text in the key's place. */
  static final String SHOWN = "[key]";

  private static final int SECRET_CHARS_MIN = 8;
  private static final int PART_CHARS = 12;

  private final List<String> forms; // the longest first: one may contain another
  private final Set<String> parts = new HashSet<>(); // all of PART_CHARS characters

  private KeyMask(List<String> forms, String secret) {
    this.forms = forms;
    for (int at = 0; at + PART_CHARS <= secret.length(); at++) {
      parts.add(secret.substring(at, at + PART_CHARS));
    }
  }

  /** {@return a mask for that key; for none, one that replaces nothing} */
  static KeyMask of(@Nullable ApiKey key) {
    if (key == null || key.secret().length() < SECRET_CHARS_MIN) {
      return new KeyMask(List.of(), "");
    }
    var secret = key.secret();
    var forms = new LinkedHashSet<String>();
    forms.add(secret);
    forms.add(URLEncoder.encode(secret, UTF_8));
    forms.add(secret.replace("/", "\\/"));
    forms.add(secret.replace("\\", "\\\\").replace("\"", "\\\""));
    for (int offset = 0; offset < 3; offset++) {
      forms.add(inBase64(secret, offset));
    }
    var sorted = new ArrayList<>(forms);
    sorted.sort(Comparator.comparingInt(String::length).reversed());
    return new KeyMask(List.copyOf(sorted), secret);
  }

  /** The characters that are the same whatever stands around the key, so many bytes before it. */
  private static String inBase64(String secret, int offset) {
    var bytes = new byte[offset + secret.length()];
    System.arraycopy(secret.getBytes(UTF_8), 0, bytes, offset, secret.length());
    var encoded = Base64.getEncoder().withoutPadding().encodeToString(bytes);
    int from = (offset * 8 + 5) / 6;
    int to = bytes.length * 8 / 6;
    return encoded.substring(from, to);
  }

  /** {@return the text without the key, or a longer part of it} */
  String mask(String text) {
    var masked = text;
    for (var form : forms) {
      masked = masked.replace(form, SHOWN);
    }
    return parts.isEmpty() ? masked : withoutParts(masked);
  }

  private String withoutParts(String text) {
    var out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      int end = at;
      for (int i = at; isPart(text, i); i++) {
        end = i + PART_CHARS;
      }
      out.append(end > at ? SHOWN : text.substring(at, at + 1));
      at = Math.max(end, at + 1);
    }
    return out.toString();
  }

  private boolean isPart(String text, int at) {
    return at + PART_CHARS <= text.length() && parts.contains(text.substring(at, at + PART_CHARS));
  }

  /** {@return the bytes without the whole key; the same array where it is not in them} */
  byte[] mask(byte[] bytes) {
    var masked = bytes;
    for (var form : forms) {
      masked = replace(masked, form.getBytes(UTF_8));
    }
    return masked;
  }

  private static byte[] replace(byte[] bytes, byte[] form) {
    int found = indexOf(bytes, form, 0);
    if (found < 0) {
      return bytes;
    }
    var out = new java.io.ByteArrayOutputStream(bytes.length);
    int at = 0;
    for (; found >= 0; found = indexOf(bytes, form, at)) {
      out.write(bytes, at, found - at);
      out.writeBytes(SHOWN.getBytes(UTF_8));
      at = found + form.length;
    }
    out.write(bytes, at, bytes.length - at);
    return out.toByteArray();
  }

  private static int indexOf(byte[] bytes, byte[] form, int from) {
    for (int at = from; at <= bytes.length - form.length; at++) {
      if (bytes[at] == form[0]
          && Arrays.equals(bytes, at, at + form.length, form, 0, form.length)) {
        return at;
      }
    }
    return -1;
  }
}
