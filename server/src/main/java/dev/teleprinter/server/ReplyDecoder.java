// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/**
 * Reads the replies of another server, and is stricter than Netty's decoder: a reply whose length
 * two recipients could understand differently is refused (RFC 9112 6.3), since what follows it on
 * the connection would be taken for the reply to the next call. Confined to the connection's loop.
 */
final class ReplyDecoder extends HttpResponseDecoder {
  /** The most bytes of a reply's first line, and of all its headers. */
  static final int HEAD_BYTES_MAX = 64 << 10;

  private static final int HEADERS_MAX = 256;
  private static final int BODY_PART_BYTES_MAX = 64 << 10; // of what is handed on at once

  private int silentBytes; // since the last part of a reply, such as blank lines before a head

  ReplyDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(HEAD_BYTES_MAX)
            .setMaxHeaderSize(HEAD_BYTES_MAX)
            .setMaxChunkSize(BODY_PART_BYTES_MAX));
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    int before = in.readableBytes();
    super.decode(ctx, in, out);
    silentBytes = out.isEmpty() ? silentBytes + before - in.readableBytes() : 0;
    if (silentBytes > 2 * HEAD_BYTES_MAX) {
      throw new TooLongFrameException();
    }
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("Content-Length beside Transfer-Encoding");
  }

  /**
   * Checks a head that was read, interim replies included.
   *
   * @throws BadReplyException if nothing that follows could be relied on
   */
  static void check(HttpResponse head) throws BadReplyException {
    var version = head.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      throw new BadReplyException("version: not HTTP/1.1 or HTTP/1.0");
    }
    int status = head.status().code();
    if (status < 100 || status > 599) {
      throw new BadReplyException("status: %03d (expected: 200 to 599)".formatted(status));
    }
    if (status == 101) {
      throw new BadReplyException("status 101: another protocol, which was not asked for");
    }
    if (head.headers().size() > HEADERS_MAX) {
      throw new BadReplyException("head: more than " + HEADERS_MAX + " headers");
    }
    checkCoding(head);
  }

  /** The one transfer coding read here is {@code chunked}, once (RFC 9112 6.1). */
  private static void checkCoding(HttpResponse head) throws BadReplyException {
    var codings = head.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (codings.isEmpty()) {
      return;
    }
    boolean chunked = codings.size() == 1 && codings.getFirst().strip().equalsIgnoreCase("chunked");
    if (!chunked || !head.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      throw new BadReplyException("Transfer-Encoding: not chunked alone, or not in HTTP/1.1");
    }
  }

  /** {@return why a reply could not be decoded, without a word of the reply} */
  static BadReplyException failure(Throwable cause) {
    return new BadReplyException(
        cause instanceof TooLongFrameException
            ? "head: larger than " + HEAD_BYTES_MAX + " bytes"
            : "head: not HTTP/1.1, or its body's length is in doubt");
  }
}
