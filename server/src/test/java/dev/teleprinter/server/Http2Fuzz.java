// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Any bytes as frames of HTTP/2 behind a preface, to a real server. A target for a coverage-guided
 * fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class Http2Fuzz {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);
  private static final byte[] SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  private static final int FRAMES_MAX = 200;

  private static FuzzedServer server;

  private Http2Fuzz() {}

  /**
   * An odd first byte sends the rest as it is. Otherwise the rest are frames, of which each has a
   * byte for its type, its flags, its stream and its length, and then its payload: so that the
   * fuzzer need not find lengths that fit.
   */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    if (server == null) {
      server = new FuzzedServer();
    }
    var sent = new ByteArrayOutputStream();
    sent.writeBytes(PREFACE);
    if (input.length > 0 && (input[0] & 1) == 1) {
      sent.write(input, 1, input.length - 1);
    } else {
      sent.writeBytes(SETTINGS);
      frames(input, sent);
    }
    server.take(sent.toByteArray());
  }

  private static void frames(byte[] input, ByteArrayOutputStream sent) {
    int at = 1;
    for (int frames = 0; at + 4 <= input.length && frames < FRAMES_MAX; frames++) {
      int length = Math.min(input[at + 3] & 0xff, input.length - at - 4);
      sent.writeBytes(
          new byte[] {0, 0, (byte) length, input[at], input[at + 1], 0, 0, 0, input[at + 2]});
      sent.write(input, at + 4, length);
      at += 4 + length;
    }
  }
}
