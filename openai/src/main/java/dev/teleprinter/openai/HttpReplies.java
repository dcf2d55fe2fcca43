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

/** What an upstream's status, headers and error text mean. Stateless. */
final class HttpReplies {
  private HttpReplies() {}

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
  static Map<String, String> headers(OutboundCall reply) {
    var kept = new LinkedHashMap<String, String>();
    for (var header : reply.headers()) {
      var name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.equals("content-type")) {
        kept.putIfAbsent("Content-Type", header.getValue());
      } else if (name.equals("retry-after")) {
        kept.putIfAbsent("Retry-After", header.getValue());
      } else if (name.equals("x-request-id")
          || name.startsWith("x-ratelimit-")
          || name.equals("openai-processing-ms")) {
        kept.putIfAbsent(name, header.getValue());
      }
    }
    return kept;
  }
}
