// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Map;

/** How the server turns away what it cannot serve. Stateless. */
final class Refusals {
  private Refusals() {}

  /** A request that is not HTTP, or has too large a head. */
  static ProblemException undecodable(Throwable cause) {
    return switch (cause) {
      case TooLongHttpLineException _ ->
          new ProblemException(414, "uri_too_long", "request line: too long");
      case TooLongHttpHeaderException _ ->
          new ProblemException(431, "headers_too_large", "headers: too many bytes");
      default -> new ProblemException(400, "malformed_request", "request: not HTTP/1.1 (RFC 9112)");
    };
  }

  /** One connection too many. */
  static Response.Reply tooManyConnections(Request request) {
    return later(
        request,
        new ProblemException(
                503, "too_many_connections", "connections: at the limit (try again later)")
            .with("Retry-After", "10"));
  }

  /**
   * Refuses a request that may be served later. An EventSource takes any status but 200 as final
   * (WHATWG HTML 9.2.3), so it gets a stream that only tells it to come back; others get the
   * problem.
   */
  static Response.Reply later(Request request, ProblemException problem) {
    var accept = request.header("Accept");
    if (accept == null || !accept.contains("text/event-stream")) {
      return Problems.reply(problem);
    }
    var busy = Event.of("busy", "{\"code\":\"" + problem.code() + "\"}").withRetry(10_000L);
    return new Response.Reply(
        200,
        Map.of("Content-Type", "text/event-stream", "Cache-Control", "no-store"),
        EventEncoder.encode(busy));
  }

  /** A request on a connection that does not take the replies it has asked for. */
  static ProblemException repliesNotTaken() {
    return new ProblemException(
            503, "replies_not_taken", "replies: too many bytes wait on this connection")
        .with("Retry-After", "5");
  }
}
