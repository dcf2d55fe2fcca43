// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/2 request (RFC 9113 8.3.1) as handlers know it. Its {@code Host} is the
 * request's authority, by whichever of the two names it came. The codec has refused what RFC 9113
 * 8.2 and 8.3 call malformed: names in upper case, fields of a connection, pseudo-header fields
 * that are missing, empty, repeated or late. Immutable.
 *
 * @param refusal why the request is not for a handler, null if it is
 */
record Http2RequestHead(HttpRequest request, @Nullable ProblemException refusal) {
  /**
   * Reads a header block.
   *
   * @throws Http2Exception a stream error when it is no request at all
   */
  static Http2RequestHead of(int id, Http2Headers headers) throws Http2Exception {
    if (headers.contains(PseudoHeaderName.PROTOCOL.value())) {
      throw malformed(id, ":protocol (expected: none, RFC 8441 is not offered)");
    }
    var path = text(headers.path());
    var fields = DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    var method = method(id, text(headers.method()));
    var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, path, fields, false);
    for (var header : headers) {
      if (!PseudoHeaderName.hasPseudoHeaderFormat(header.getKey())) {
        request.headers().add(header.getKey(), header.getValue());
      }
    }
    var refusal = refusal(request, text(headers.authority()));
    if (headers.authority() != null) {
      request.headers().set("Host", headers.authority());
    }
    return new Http2RequestHead(request, refusal);
  }

  private static HttpMethod method(int id, String name) throws Http2Exception {
    try {
      return HttpMethod.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw Http2Exception.streamError(
          id, Http2Error.PROTOCOL_ERROR, e, "%s", ":method (expected: a token, RFC 9110 5.6.2)");
    }
  }

  private static @Nullable ProblemException refusal(HttpRequest request, String authority) {
    var method = request.method();
    var path = request.uri();
    if (method.equals(HttpMethod.CONNECT)) {
      return new ProblemException(501, "not_implemented", "method: CONNECT (expected: no tunnel)");
    }
    boolean whole = method.equals(HttpMethod.OPTIONS) && path.equals("*");
    if (!whole && (!path.startsWith("/") || path.chars().anyMatch(c -> c <= ' ' || c == 0x7f))) {
      return malformed(":path: not a path (expected: one that begins with a slash)");
    }
    var hosts = request.headers().getAll("Host");
    if (hosts.size() > 1 || (hosts.isEmpty() && authority.isEmpty())) {
      return malformed("Host: " + hosts.size() + " of them (expected: one, or :authority)");
    }
    if (!authority.isEmpty() && !hosts.isEmpty() && !authority.equalsIgnoreCase(hosts.getFirst())) {
      return malformed("Host: another than :authority (expected: the same, RFC 9113 8.3.1)");
    }
    if (authority.contains("@")) {
      return malformed(":authority: with a user (expected: none, RFC 9113 8.3.1)");
    }
    return null;
  }

  private static String text(@Nullable CharSequence value) {
    return value == null ? "" : value.toString();
  }

  private static ProblemException malformed(String detail) {
    return new ProblemException(400, "malformed_request", detail);
  }

  private static Http2Exception malformed(int id, String detail) {
    return Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "%s", detail);
  }
}
