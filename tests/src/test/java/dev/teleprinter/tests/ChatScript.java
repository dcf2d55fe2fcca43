// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import dev.teleprinter.openai.ScriptedUpstream;
import dev.teleprinter.openai.ScriptedUpstream.Script;
import tools.jackson.databind.json.JsonMapper;

/** What a model behind {@code /v1/chat/completions} says, in the shape of its chunks. Stateless. */
final class ChatScript {
  static final String PATH = "/v1/chat/completions";
  static final String MODEL = "scripted";

  private static final JsonMapper JSON = new JsonMapper();

  private ChatScript() {}

  /** The configuration of a server that has it as an upstream. */
  static String config(ScriptedUpstream upstream) {
    return "upstreams:\n  scripted:\n    base_url: %s\n    models: [%s]\n    speaks: chat\n"
        .formatted(upstream.baseUrl(), MODEL);
  }

  /** A chunk with text. */
  static String delta(String text) {
    return chunk("{\"content\":" + JSON.writeValueAsString(text) + "}", "null");
  }

  /** The last chunk, the end of the stream and of the body. */
  static Script stop(Script script) {
    return script.data(chunk("{}", "\"stop\"")).done().end();
  }

  private static String chunk(String delta, String reason) {
    return ("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"%s\","
            + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}")
        .formatted(MODEL, delta, reason);
  }
}
