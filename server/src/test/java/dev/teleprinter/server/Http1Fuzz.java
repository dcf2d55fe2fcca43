// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;

/**
 * Any bytes as requests of HTTP/1.1, heads and bodies, to a real server. A target for a
 * coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class Http1Fuzz {
  private static FuzzedServer server;

  private Http1Fuzz() {}

  /** Sends the bytes as they are. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (server == null) {
      server = new FuzzedServer();
    }
    server.take(input);
  }
}
