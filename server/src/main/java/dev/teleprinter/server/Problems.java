// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Error documents, RFC 9457: {@code application/problem+json}. Stateless. */
final class Problems {
  private static final JsonMapper JSON = JsonMapper.shared();

  private Problems() {}

  static Response.Reply reply(ProblemException problem) {
    var document = new LinkedHashMap<String, Object>();
    document.put("type", "about:blank");
    document.put("title", title(problem.status()));
    document.put("status", problem.status());
    document.put("code", problem.code());
    document.put("detail", problem.detail());
    var headers = new LinkedHashMap<>(problem.headers());
    headers.put("Content-Type", "application/problem+json");
    headers.put("Cache-Control", "no-store");
    return new Response.Reply(
        problem.status(), Map.copyOf(headers), JSON.writeValueAsBytes(document));
  }

  private static String title(int status) {
    return io.netty.handler.codec.http.HttpResponseStatus.valueOf(status).reasonPhrase();
  }
}
