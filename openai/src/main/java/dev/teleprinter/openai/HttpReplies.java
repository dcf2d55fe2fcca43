// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.Upstream.Whole;
import dev.teleprinter.server.OutboundCall;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads an upstream's status, headers and error text, and says which replies are not read at all.
 * Stateless.
 */
final class HttpReplies {
  private static final int HEADER_CHARS_MAX = 256;
  private static final int HEADERS_MAX = 32;
  private static final String EVENTS = "text/event-stream";

  private HttpReplies() {}

  /**
   * {@return why a reply's body must not be read, after its head: "sent …"; null when it may be}
   *
   * @param streaming whether an event stream was asked for
   */
  static @Nullable String fault(OutboundCall reply, boolean streaming) {
    int status = reply.status();
    if (status >= 300 && status < 400) {
      return "sent a redirection, %d (expected: the final address as base URL)".formatted(status);
    }
    var coding = coding(reply);
    if (coding != null) {
      return "sent a body with Content-Encoding '%s' (expected: none)".formatted(shown(coding));
    }
    if (status >= 400) {
      return null; // whatever it is, the client gets a status and JSON
    }
    if (streaming && status != 200) {
      return "sent status %d (expected: 200)".formatted(status);
    }
    var type = reply.header("Content-Type");
    if (type == null || isAsAsked(mediaType(type), streaming)) {
      return null;
    }
    return "sent '%s' (expected: %s)"
        .formatted(shown(mediaType(type)), streaming ? EVENTS : "application/json");
  }

  private static boolean isAsAsked(String type, boolean streaming) {
    return streaming
        ? type.equals(EVENTS)
        : type.equals("application/json") || type.endsWith("+json");
  }

  private static String mediaType(String contentType) {
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  /** {@return the first content coding that changes the body; null for none} */
  private static @Nullable String coding(OutboundCall reply) {
    for (var header : reply.headers()) {
      if (header.getKey().equalsIgnoreCase("Content-Encoding")
          && !header.getValue().strip().equalsIgnoreCase("identity")
          && !header.getValue().isBlank()) {
        return header.getValue().strip();
      }
    }
    return null;
  }

  /** {@return a header's token for a message, unless it is anything else} */
  private static String shown(String token) {
    return token.matches("[A-Za-z0-9!#$&^_.+*/, -]{1,60}") ? token : "unreadable";
  }

  /** {@return whether the same request may be answered better a little later} */
  static boolean isWorthRetrying(int status) {
    return status == 429 || (status >= 500 && status != 501);
  }

  /** {@return the seconds form of Retry-After, RFC 9110 10.2.3; null for none and for dates} */
  static @Nullable Duration retryAfter(Whole whole) {
    var value = whole.headers().get("Retry-After");
    return value != null && value.matches("[0-9]{1,6}")
        ? Duration.ofSeconds(Long.parseLong(value))
        : null;
  }

  /**
   * {@return whether an upstream has no such API: 404s that speak of a model or a response are
   * about those}
   */
  static boolean saysNoSuchPath(Whole whole) {
    if (whole.status() == 405 || whole.status() == 501) {
      return true;
    }
    if (whole.status() != 404) {
      return false;
    }
    var text = new String(whole.body(), StandardCharsets.UTF_8);
    var lower = text.toLowerCase(Locale.ROOT);
    return lower.contains("unknown_url")
        || !(lower.contains("model") || lower.contains("response with id"));
  }

  /** What of the upstream's head its client may see: no cookies, nothing of the connection. */
  static Map<String, String> headers(OutboundCall reply, KeyMask mask) {
    var kept = new LinkedHashMap<String, String>();
    for (var header : reply.headers()) {
      var name = header.getKey().toLowerCase(Locale.ROOT);
      boolean retryAfter = name.equals("retry-after");
      boolean passedOn =
          retryAfter
              || name.equals("x-request-id")
              || name.startsWith("x-ratelimit-")
              || name.equals("openai-processing-ms");
      if (passedOn && kept.size() < HEADERS_MAX && isPlain(header.getValue())) {
        kept.putIfAbsent(retryAfter ? "Retry-After" : name, mask.mask(header.getValue()));
      }
    }
    return kept;
  }

  private static boolean isPlain(String value) {
    return value.length() <= HEADER_CHARS_MAX && value.chars().allMatch(c -> c >= ' ' && c <= '~');
  }
}
