// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The headers of the CORS protocol, Fetch 3.3. Immutable. */
final class CorsHeaders {
  private static final String EXPOSED =
      "Content-Location, Last-Event-ID, Link, Mercure-Last-Event-ID, Retry-After";
  private static final String ALLOWED =
      "Authorization, Cache-Control, Content-Type, Last-Event-ID, Teleprinter-On-Disconnect";

  private final ServerConfig.Cors config;

  CorsHeaders(ServerConfig.Cors config) {
    this.config = config;
  }

  /** Adds what a page of the request's origin needs to read the response; else nothing. */
  void apply(HttpRequest request, HttpHeaders response) {
    if (config.origins().isEmpty()) {
      return;
    }
    // A cache must not hand one origin's answer to another, nor to a request without one.
    response.add("Vary", "Origin");
    var origin = request.headers().get("Origin");
    if (origin == null || !config.allows(origin)) {
      return;
    }
    boolean any = config.origins().contains("*");
    response.set("Access-Control-Allow-Origin", any ? "*" : origin);
    response.set("Access-Control-Expose-Headers", EXPOSED);
    if (config.credentials()) {
      response.set("Access-Control-Allow-Credentials", "true");
    }
  }

  /** {@return the answer to a preflight, null when the request is not one} */
  Response.@Nullable Reply preflight(Request request) {
    if (!request.method().equals("OPTIONS")
        || request.header("Access-Control-Request-Method") == null) {
      return null;
    }
    return new Response.Reply(
        204,
        Map.of(
            "Access-Control-Allow-Methods",
            "GET, HEAD, POST, DELETE",
            "Access-Control-Allow-Headers",
            ALLOWED,
            "Access-Control-Max-Age",
            "7200"),
        new byte[0]);
  }
}
