// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import tools.jackson.databind.node.ObjectNode;

/** How upstreams tell in a stream that they failed: unspecified, so every way found in practice. */
final class StreamErrors {
  private StreamErrors() {}

  /**
   * {@return whether an event is an upstream's error and not part of its answer}
   *
   * @param type the event's {@code event:} line
   */
  static boolean isError(Dialect dialect, String type, ObjectNode data) {
    if (type.equals("error")) {
      return true;
    }
    if (dialect == Dialect.RESPONSES) {
      return "error".equals(Json.text(data, "type"))
          || (!data.has("type") && data.hasNonNull("error"));
    }
    // OpenRouter and LiteLLM: a top-level error; vLLM: an object that calls itself one.
    return data.hasNonNull("error") || "error".equals(Json.text(data, "object"));
  }
}
