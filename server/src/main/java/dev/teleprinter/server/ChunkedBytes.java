// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.nio.charset.StandardCharsets;

/** Whole chunks of HTTP/1.1's chunked coding, RFC 9112 7.1. Stateless. */
final class ChunkedBytes {
  /** The chunk that ends a response, without trailers. Not to be changed. */
  static final byte[] LAST = {'0', '\r', '\n', '\r', '\n'};

  private ChunkedBytes() {}

  /** {@return the content as one chunk} */
  static byte[] chunk(byte[] content) {
    var head = (Integer.toHexString(content.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    var chunk = new byte[head.length + content.length + 2];
    System.arraycopy(head, 0, chunk, 0, head.length);
    System.arraycopy(content, 0, chunk, head.length, content.length);
    chunk[chunk.length - 2] = '\r';
    chunk[chunk.length - 1] = '\n';
    return chunk;
  }
}
