// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.HttpConversionUtil;

/**
 * Writes for one HTTP/2 connection, in one flush for all that one task of the loop writes, and what
 * the peer takes of it. Confined to its event loop.
 */
final class Http2Output {
  private final ServerContext server;
  private final Http2Codec codec;
  private final ChannelHandlerContext context;
  private final Uptake uptake;

  private long windowUpdates; // of the connection
  private boolean flushPending;

  /** Nothing has left. */
  Http2Output(ServerContext server, Http2Codec codec, ChannelHandlerContext context) {
    this.server = server;
    this.codec = codec;
    this.context = context;
    this.uptake = new Uptake(server.ticker().nanos());
  }

  /** Whether a stream can be written to. */
  boolean hasStream(int id) {
    return codec.connection().stream(id) != null;
  }

  ChannelFuture writeHead(int id, int status, HttpHeaders headers, boolean end) {
    var head = new DefaultHttp2Headers(false);
    HttpConversionUtil.toHttp2Headers(headers, head);
    head.status(Integer.toString(status));
    var written = codec.encoder().writeHeaders(context, id, head, 0, end, context.newPromise());
    flushSoon();
    return written;
  }

  /** Takes ownership. The future is done when the socket has taken it all, or it was dropped. */
  ChannelFuture writeData(int id, ByteBuf bytes, boolean end) {
    return codec.encoder().writeData(context, id, bytes, 0, end, context.newPromise());
  }

  /** The same of a whole reply. */
  ChannelFuture writeWhole(int id, Response.Reply reply, HttpRequest asked) {
    var headers = server.replyHeaders(asked, reply);
    boolean bare = reply.body().length == 0 || asked.method().name().equals("HEAD");
    var head = writeHead(id, reply.status(), headers, bare);
    return bare ? head : writeData(id, Unpooled.wrappedBuffer(reply.body()), true);
  }

  void reset(int id, Http2Error error) {
    codec.resetStream(context, id, error.code(), context.newPromise());
    flushSoon();
  }

  /** One flush for everything that one task of the loop writes. */
  void flushSoon() {
    if (!flushPending) {
      flushPending = true;
      context
          .executor()
          .execute(() -> {
            flushPending = false;
            // The codec's own flush: it first writes what the flow controller holds.
            codec.flush(context);
          });
    }
  }

  /** Gives bytes back to the sender's window, RFC 9113 6.9. */
  void consumed(int id, int bytes) {
    var stream = codec.connection().stream(id);
    if (stream != null && bytes > 0) {
      try {
        if (codec.decoder().flowController().consumeBytes(stream, bytes)) {
          flushSoon();
        }
      } catch (Http2Exception e) {
        reset(id, Http2Error.CANCEL);
      }
    }
  }

  // ---- What the peer takes.

  /** The peer takes more of the connection. */
  void windowUpdated() {
    windowUpdates++;
  }

  /**
   * A number that changes whenever the peer takes something of a stream's response. What holds a
   * response is the window of the stream, that of the connection, or the socket.
   *
   * @param updates how many times the peer's window for the stream has grown
   */
  long progress(int id, int updates) {
    var connection = codec.connection();
    var stream = connection.stream(id);
    if (stream == null) {
      return 0;
    }
    var flow = codec.encoder().flowController();
    int window = flow.windowSize(stream);
    int shared = flow.windowSize(connection.connectionStream());
    long number = ((long) updates << 32) - window;
    if (window > 0) {
      number += (windowUpdates << 32) - shared;
    }
    if (window > 0 && shared > 0) {
      number += acknowledged() - Http2Codec.pendingBytes(context);
    }
    return number & Long.MAX_VALUE;
  }

  private long acknowledged() {
    var channel = context.channel();
    return server.delivery(channel.eventLoop()).tcpInfo().taken(channel);
  }

  /** Whether the kernel has bytes that the peer has not acknowledged, as far as is known. */
  boolean isWaitedFor() {
    return acknowledged() > Uptake.NOTHING_WAITS;
  }

  /** As {@link Subscription.Outlet#taken} says, of all streams together. */
  long taken() {
    long number = Math.max(acknowledged(), Uptake.NOTHING_WAITS);
    uptake.look(number, server.ticker().nanos());
    return number;
  }

  /** Whether the peer has acknowledged nothing for so long, as far as is known. */
  boolean isStuck(long timeoutNanos) {
    taken();
    return uptake.isStuck(timeoutNanos, server.ticker().nanos());
  }
}
