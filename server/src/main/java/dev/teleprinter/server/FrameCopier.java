// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import java.nio.ByteBuffer;

/**
 * Writes frames in another form than they are kept in: without id lines, or without chunk framing
 * for a reader on HTTP/1.0. The result is never longer than the frames. Stateless.
 */
final class FrameCopier {
  private FrameCopier() {}

  /** Copies at the buffer's position; it has room for {@link Frames#bytes()}. */
  static void copy(Frames frames, boolean ids, boolean chunked, ByteBuffer into) {
    frames.forEach((_, block) -> {
      if (!ids) {
        skipIdLine(block);
      }
      if (chunked) {
        putHex(into, block.remaining());
        into.put((byte) '\r').put((byte) '\n').put(block).put((byte) '\r').put((byte) '\n');
      } else {
        into.put(block);
      }
    });
  }

  private static void putHex(ByteBuffer into, int number) {
    for (int shift = 28 - (Integer.numberOfLeadingZeros(number) & ~3); shift >= 0; shift -= 4) {
      into.put((byte) Character.forDigit(number >> shift & 0xF, 16));
    }
  }

  /** The journal writes the id line first, and always writes one. */
  private static void skipIdLine(ByteBuffer block) {
    while (block.get() != '\n') {}
  }
}
