// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Reply;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** An upstream's whole replies for the client. Stateless. */
final class WholeReplies {
  private WholeReplies() {}

  /** {@return what was asked for as a whole} */
  static Upstream.Whole of(Upstreams.Routed routed) {
    return switch (routed.opened()) {
      case Upstream.Whole whole -> whole;
      case Upstream.Streaming(var events) -> {
        events.close();
        throw new IllegalStateException("upstream: a stream (expected: a whole reply)");
      }
    };
  }

  /** {@return a reply as it came: status, JSON body, and the headers that clients read} */
  static Reply asIs(Upstream.Whole whole) {
    return asIs(whole, whole.body());
  }

  /** {@return the same with another body} */
  static Reply asIs(Upstream.Whole whole, byte[] body) {
    var reply = Response.bytes(whole.status(), "application/json", body);
    for (var header : whole.headers().entrySet()) {
      reply = reply.with(header.getKey(), header.getValue());
    }
    return reply;
  }

  /** {@return what an error says, which is never so long that memory is reserved for it} */
  static @Nullable ObjectNode errorObject(Upstream.Whole whole) {
    return Json.tryObject(whole.body(), _ -> {});
  }

  /**
   * {@return an error as it came, if it has the OpenAI shape; else one that has}
   *
   * <p>A 401 is about the key configured here, not about the client's: passed on, it would send the
   * user looking for the fault in the wrong place, and its text shows part of the key.
   */
  static Reply error(Upstream.Whole whole, String upstream) {
    if (whole.status() == 401) {
      return new ApiException(
              502,
              "server_error",
              null,
              "upstream_unauthorized",
              "The upstream '" + upstream + "' refuses the key it is configured with.")
          .reply();
    }
    var body = errorObject(whole);
    if (body != null && body.hasNonNull("error") && body.get("error").isObject()) {
      return asIs(whole);
    }
    int status = whole.status() < 400 ? 502 : whole.status();
    var message =
        body == null
            ? "The upstream '" + upstream + "' answered with status " + whole.status() + "."
            : UpstreamException.reported(body).message();
    var error =
        new ApiException(
            status,
            status < 500 ? ApiException.INVALID_REQUEST : "server_error",
            null,
            "upstream_error",
            message);
    var retryAfter = whole.headers().get("Retry-After");
    return (retryAfter == null ? error : error.with("Retry-After", retryAfter)).reply();
  }
}
