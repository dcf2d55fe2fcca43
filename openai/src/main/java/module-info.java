// SPDX-License-Identifier: Apache-2.0

/** The OpenAI API on {@code /v1}: answers as topics, relayed from upstreams or from the demo. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.openai {
  requires static transitive org.jspecify;
  requires transitive dev.teleprinter.server;
  requires tools.jackson.databind;

  exports dev.teleprinter.openai;
}
