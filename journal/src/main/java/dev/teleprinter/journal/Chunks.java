// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.nio.ByteBuffer;

/** HTTP/1.1 chunk framing, RFC 9112 7.1: {@code <hex length> CR LF <bytes> CR LF}. Stateless. */
final class Chunks {
  private static final byte[] HEX =
      "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private Chunks() {}

  /** {@return the framed size of a block} */
  static int framedBytes(int blockBytes) {
    return hexDigits(blockBytes) + 2 + blockBytes + 2;
  }

  /** Writes the chunk head at a position. Returns the position after it. */
  static int putHead(ByteBuffer into, int position, int blockBytes) {
    int at = position;
    for (int digit = hexDigits(blockBytes) - 1; digit >= 0; digit--) {
      into.put(at++, HEX[(blockBytes >>> (digit * 4)) & 0xf]);
    }
    return putLineEnd(into, at);
  }

  /** Writes CR LF at a position. Returns the position after it. */
  static int putLineEnd(ByteBuffer into, int position) {
    into.put(position, (byte) '\r');
    into.put(position + 1, (byte) '\n');
    return position + 2;
  }

  /** {@return the content of one whole chunk, as a view of the same bytes} */
  static ByteBuffer content(ByteBuffer chunk) {
    int at = chunk.position();
    while (chunk.get(at) != '\n') {
      at++;
    }
    return chunk.limit(chunk.limit() - 2).position(at + 1);
  }

  private static int hexDigits(int value) {
    return value == 0 ? 1 : (35 - Integer.numberOfLeadingZeros(value)) / 4;
  }
}
