// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * Writes for one HTTP/1 connection, and reserves whole replies in the account of memory until the
 * socket has taken them. Nothing here flushes. Confined to the event loop.
 */
final class Http1Output {
  private final ServerContext server;
  private final ChannelHandlerContext context;
  private @Nullable PendingReplies replies; // once one was large

  Http1Output(ServerContext server, ChannelHandlerContext context) {
    this.server = server;
    this.context = context;
  }

  /**
   * Writes a whole reply. One for which there is no memory becomes 503 {@code memory_full}.
   *
   * @param keepsAlive whether a next request may follow
   */
  ChannelFuture reply(HttpRequest asked, Response.Reply reply, boolean keepsAlive) {
    int bytes = reply.body().length;
    if (bytes <= PendingReplies.UNRESERVED_BYTES) { // a channel that has many takes no request
      return write(asked, reply, keepsAlive);
    }
    if (replies == null) {
      replies = new PendingReplies(server.memory());
    }
    var counted = replies;
    if (!counted.tryAdd(bytes)) {
      return write(asked, Problems.reply(ProblemException.memoryFull()), keepsAlive);
    }
    return write(asked, reply, keepsAlive).addListener(_ -> counted.remove(bytes));
  }

  private ChannelFuture write(HttpRequest asked, Response.Reply reply, boolean keepsAlive) {
    var headers = server.replyHeaders(asked, reply);
    HttpUtil.setKeepAlive(headers, asked.protocolVersion(), keepsAlive);
    return context.write(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(reply.status()),
            asked.method().name().equals("HEAD")
                ? Unpooled.EMPTY_BUFFER
                : Unpooled.wrappedBuffer(reply.body()),
            headers,
            EmptyHttpHeaders.INSTANCE));
  }

  /** Writes an interim response, RFC 9110 15.2.1. */
  void interim() {
    context.write(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
  }

  /**
   * Writes the head of a stream, past the codec.
   *
   * @param chunked whether the body is, RFC 9112 7.1
   * @param closes whether the connection ends with the response
   * @param first what the body begins with, not in chunks yet
   */
  ChannelFuture streamHead(
      HttpRequest asked, Response.Subscribe start, boolean chunked, boolean closes, byte[] first) {
    var headers = new DefaultHttpHeaders();
    start.headers().forEach((name, value) -> headers.set(name, value));
    server.cors().apply(asked, headers);
    var body = chunked && first.length > 0 ? ChunkedBytes.chunk(first) : first;
    // HTTP/1.0 closes without such a header.
    return context.write(
        server.streamHead().encode(context.alloc(), headers, chunked, closes && chunked, body));
  }

  /** {@return whether no large reply was written: nothing is lost when it goes} */
  boolean holdsNothing() {
    return replies == null;
  }

  /** The connection is closed: gives back what is reserved. */
  void close() {
    if (replies != null) {
      replies.close();
    }
  }
}
