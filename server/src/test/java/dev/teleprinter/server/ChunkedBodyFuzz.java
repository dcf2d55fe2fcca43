// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/**
 * Any bytes as a body in chunks: the same is read, refused and left over however they are cut. A
 * target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class ChunkedBodyFuzz {
  private ChunkedBodyFuzz() {}

  /** The first byte chooses where the rest is cut. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    var body = Arrays.copyOfRange(input, 1, input.length);
    var whole = read(body, body.length);
    var random = new Random(input[0]);
    for (int pieceBytes : new int[] {1, 1 + random.nextInt(7), 1 + random.nextInt(64)}) {
      var cut = read(body, pieceBytes);
      if (!whole.equals(cut)) {
        throw new AssertionError(
            "pieces of %d: %s (expected: %s)".formatted(pieceBytes, cut, whole));
      }
    }
  }

  private static String read(byte[] body, int pieceBytes) {
    var chunks = new ChunkedBody();
    var read = new ByteArrayOutputStream();
    try {
      for (int at = 0; at < body.length; at += pieceBytes) {
        var piece = Unpooled.wrappedBuffer(body, at, Math.min(pieceBytes, body.length - at));
        boolean over =
            chunks.read(
                piece,
                (bytes, count) -> {
                  for (int i = 0; i < count; i++) {
                    read.write(bytes.readByte());
                  }
                });
        if (over) {
          int left = piece.readableBytes() + Math.max(0, body.length - at - pieceBytes);
          return "over, %d left: %s".formatted(left, Arrays.toString(read.toByteArray()));
        }
      }
      return "open: " + Arrays.toString(read.toByteArray());
    } catch (IOException e) {
      return e.getMessage() + ": " + Arrays.toString(read.toByteArray());
    }
  }
}
