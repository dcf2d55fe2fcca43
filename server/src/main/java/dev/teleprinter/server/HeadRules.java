// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * The rules of RFC 9110 and RFC 9112 for the head of an HTTP/1 request, as far as the decoder does
 * not know them. Stateless.
 *
 * <p>A head that breaks one of them is refused, and its connection closes: where the sender and the
 * server disagree on a head, they may disagree on where the next request begins (request
 * smuggling).
 */
final class HeadRules {
  private static final String SYMBOLS = "-._~!$&'()*+,;=%"; // of a reg-name, RFC 3986 3.2.2
  private static final int PORT_DIGITS_MAX = 5;

  private HeadRules() {}

  /**
   * Checks a head, and gives it the {@code Host} that counts: that of an absolute target.
   *
   * @return why it is refused, or null
   */
  static @Nullable ProblemException check(HttpRequest head) {
    var version = head.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      return new ProblemException(
          505, "version_not_supported", "version: " + version + " (expected: HTTP/1.1)");
    }
    var framing = framing(head.headers(), version);
    if (framing != null) {
      return framing;
    }
    if (head.decoderResult().isFailure()) {
      return Refusals.undecodable(head.decoderResult().cause());
    }
    var target = target(head);
    return target == null ? expectation(head.headers()) : target;
  }

  /** RFC 9112 6.1 and 6.3. What is refused here by the decoder, too, gets the better message. */
  private static @Nullable ProblemException framing(HttpHeaders headers, HttpVersion version) {
    if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
        return malformed("Transfer-Encoding: with Content-Length (expected: one of them)");
      }
      if (version.equals(HttpVersion.HTTP_1_0)) {
        return malformed("Transfer-Encoding: in HTTP/1.0 (expected: Content-Length)");
      }
      var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
      if (codings.size() != 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
        return new ProblemException(
            501,
            "transfer_coding_not_supported",
            "Transfer-Encoding: " + String.join(", ", codings) + " (expected: chunked)");
      }
    }
    return null;
  }

  private static @Nullable ProblemException target(HttpRequest head) {
    if (head.method().name().equals("CONNECT")) {
      return new ProblemException(
              405, "method_not_allowed", "method: CONNECT (expected: one of a server, not a proxy)")
          .with("Allow", ServerContext.METHODS);
    }
    var target = head.uri();
    if (target.startsWith("/")) {
      return host(head.headers(), head.protocolVersion());
    }
    if (target.equals("*")) {
      return head.method().name().equals("OPTIONS")
          ? host(head.headers(), head.protocolVersion())
          : badTarget(target);
    }
    var authority = authority(target);
    if (authority == null || !isHost(authority)) {
      return badTarget(target);
    }
    var host = host(head.headers(), head.protocolVersion());
    head.headers().set(HttpHeaderNames.HOST, authority); // RFC 9112 3.2.2
    return host;
  }

  /** RFC 9112 3.2. */
  private static @Nullable ProblemException host(HttpHeaders headers, HttpVersion version) {
    var host = headers.get(HttpHeaderNames.HOST);
    if (host == null) {
      return version.equals(HttpVersion.HTTP_1_0) ? null : badHost("none");
    }
    if (!isSingle(headers, HttpHeaderNames.HOST)) {
      return badHost("more than one");
    }
    return isHost(host) ? null : badHost(host);
  }

  private static @Nullable ProblemException expectation(HttpHeaders headers) {
    var expect = headers.get(HttpHeaderNames.EXPECT);
    if (expect == null
        || (expect.equalsIgnoreCase("100-continue") && isSingle(headers, HttpHeaderNames.EXPECT))) {
      return null;
    }
    return new ProblemException(
        417, "expectation_failed", "Expect: " + expect + " (expected: 100-continue)");
  }

  private static boolean isSingle(HttpHeaders headers, CharSequence name) {
    var values = headers.valueCharSequenceIterator(name);
    if (values.hasNext()) {
      values.next();
    }
    return !values.hasNext();
  }

  /** The authority of an absolute {@code http} or {@code https} target, null for another one. */
  private static @Nullable String authority(String target) {
    int from;
    if (target.regionMatches(true, 0, "http://", 0, 7)) {
      from = 7;
    } else if (target.regionMatches(true, 0, "https://", 0, 8)) {
      from = 8;
    } else {
      return null;
    }
    int end = from;
    while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
      end++;
    }
    return target.substring(from, end);
  }

  /**
   * {@return whether it is a host, with a port or without: {@code uri-host [ ":" port ]}, RFC 9110
   * 7.2, not empty, without user information}
   */
  static boolean isHost(String text) {
    int end = text.startsWith("[") ? literalEnd(text) : nameEnd(text);
    if (end <= 0) {
      return false;
    }
    if (end == text.length()) {
      return true;
    }
    return text.charAt(end) == ':' && isPort(text, end + 1);
  }

  private static int literalEnd(String text) {
    int end = text.indexOf(']');
    for (int i = 1; i < end; i++) {
      char c = text.charAt(i);
      if (Character.digit(c, 16) < 0 && c != ':' && c != '.') {
        return -1;
      }
    }
    return end <= 1 ? -1 : end + 1;
  }

  private static int nameEnd(String text) {
    int end = 0;
    while (end < text.length() && isNameCharacter(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || SYMBOLS.indexOf(c) >= 0;
  }

  private static boolean isPort(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return text.length() - from <= PORT_DIGITS_MAX;
  }

  private static ProblemException malformed(String detail) {
    return new ProblemException(400, "malformed_request", detail);
  }

  private static ProblemException badTarget(String target) {
    return new ProblemException(
        400, "bad_target", "target: " + target + " (expected: a path, or an http or https URL)");
  }

  private static ProblemException badHost(String found) {
    return new ProblemException(
        400, "bad_host", "Host: " + found + " (expected: one host, with a port or without)");
  }
}
