// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;

/**
 * The head of a subscriber's response on HTTP/1 (RFC 9112 4 and 5), encoded once but for what
 * differs: when thousands come at once, it is a good part of what each of them costs. Immutable.
 */
final class StreamHead {
  private static final byte[] CHUNKED = "transfer-encoding: chunked\r\n".getBytes(US_ASCII);
  private static final byte[] CLOSE = "connection: close\r\n".getBytes(US_ASCII);
  private static final int OTHERS_BYTES = 256; // room at first: it grows

  private final byte[] always;

  /**
   * Encodes what never differs.
   *
   * @param headers of every stream
   */
  StreamHead(HttpHeaders headers) {
    var text = new StringBuilder("HTTP/1.1 200 OK\r\n");
    for (var header : headers) {
      text.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    this.always = text.toString().getBytes(US_ASCII);
  }

  /**
   * The whole head, and behind it the body's first bytes. The caller releases.
   *
   * @param others headers of this response only, other ones, checked when they were set
   * @param chunked whether the body is, RFC 9112 7.1
   * @param closes whether the connection says that it ends with the response
   * @param first what the body begins with, in chunks if it is chunked
   */
  ByteBuf encode(
      ByteBufAllocator alloc, HttpHeaders others, boolean chunked, boolean closes, byte[] first) {
    var out = alloc.buffer(always.length + OTHERS_BYTES + first.length);
    out.writeBytes(always);
    var each = others.iteratorCharSequence();
    while (each.hasNext()) {
      var header = each.next();
      write(out, header.getKey());
      out.writeShort(':' << 8 | ' ');
      write(out, header.getValue());
      endLine(out);
    }
    if (closes) {
      out.writeBytes(CLOSE);
    }
    if (chunked) {
      out.writeBytes(CHUNKED);
    }
    endLine(out);
    return out.writeBytes(first);
  }

  private static void write(ByteBuf out, CharSequence text) {
    ByteBufUtil.writeAscii(out, text);
  }

  private static void endLine(ByteBuf out) {
    out.writeShort('\r' << 8 | '\n');
  }
}
