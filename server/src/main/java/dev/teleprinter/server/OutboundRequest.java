// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is asked of another server. Immutable; the body is not changed any more.
 *
 * @param method such as {@code POST}
 * @param target path and query (RFC 9112 3.2.1), beginning with a slash
 * @param headers beyond Host, User-Agent and Content-Length, which are set for it
 * @param body empty for none
 */
@SuppressWarnings("ArrayRecordComponent") // sent as it is; a copy would serve nobody
public record OutboundRequest(
    String method, String target, Map<String, String> headers, byte[] body) {
  /** A request without headers and body. */
  public static OutboundRequest of(String method, String target) {
    return new OutboundRequest(method, target, Map.of(), new byte[0]);
  }

  /** {@return it with that header} */
  public OutboundRequest with(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new OutboundRequest(method, target, more, body);
  }

  /** {@return it with that body} */
  public OutboundRequest with(byte[] newBody) {
    return new OutboundRequest(method, target, headers, newBody);
  }
}
