// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.HttpConversionUtil;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection (RFC 9113): each stream is a request, and may become a subscriber. Confined
 * to its event loop. Whatever the streams write during one pass leaves in one flush.
 *
 * <p>The handlers start when all has been taken that one read of the socket brought: a small body
 * is whole by then, and nobody need wait for it.
 */
final class Http2Session extends Http2EventAdapter implements ServerContext.Closeable {
  private final ServerContext server;
  private final boolean refused;
  private final Map<Integer, Http2Exchange> exchanges = new HashMap<>();
  private final ArrayDeque<Http2Exchange> unstarted = new ArrayDeque<>(0);

  private @Nullable Http2ConnectionHandler handler;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Uptake uptake;
  private boolean flushPending;

  Http2Session(ServerContext server, boolean refused) {
    this.server = server;
    this.refused = refused;
  }

  /** Called once, when the pipeline is set up. */
  void started(Http2ConnectionHandler codec, ChannelHandlerContext ctx) {
    handler = codec;
    context = ctx;
    uptake = new Uptake(server.ticker().nanos());
    codec.connection().addListener(this);
    server.opened(this);
    ctx.channel().closeFuture().addListener(_ -> closed());
  }

  private void closed() {
    server.closed(this);
    for (var exchange : exchanges.values().toArray(new Http2Exchange[0])) {
      exchange.gone();
    }
    exchanges.clear();
  }

  ChannelHandlerContext context() {
    return server.present(context);
  }

  Http2ConnectionHandler handler() {
    return server.present(handler);
  }

  ServerContext server() {
    return server;
  }

  // ---- What arrives.

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean end)
      throws Http2Exception {
    var known = exchanges.get(id);
    if (known != null) {
      known.bodyEnded(); // trailers
      return;
    }
    HttpRequest head = HttpConversionUtil.toHttpRequest(id, headers, false);
    var authority = headers.authority();
    if (authority != null && !head.headers().contains("Host")) {
      head.headers().set("Host", authority);
    }
    var exchange =
        new Http2Exchange(this, id, head, (InetSocketAddress) ctx.channel().remoteAddress());
    exchanges.put(id, exchange);
    unstarted.add(exchange);
    if (end) {
      exchange.bodyEnded();
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int id,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    onHeadersRead(ctx, id, headers, padding, end);
  }

  @Override
  public int onDataRead(ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
    int bytes = data.readableBytes();
    var exchange = exchanges.get(id);
    if (exchange == null) {
      return bytes + padding; // already answered: its body is not wanted
    }
    int held = exchange.body(data, end);
    return bytes + padding - held;
  }

  @Override
  public void onStreamClosed(Http2Stream stream) {
    var exchange = exchanges.remove(stream.id());
    if (exchange != null) {
      exchange.gone();
    }
  }

  /** {@return the handler after the codec, which tells when a read of the socket is over} */
  ChannelHandler afterCodec() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelReadComplete(ChannelHandlerContext ctx) {
        for (var next = unstarted.poll(); next != null; next = unstarted.poll()) {
          next.start(refused);
        }
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LastResort.close(ctx, cause);
      }
    };
  }

  // ---- What leaves.

  void writeHead(int id, int status, HttpHeaders headers, boolean end) {
    var head = new DefaultHttp2Headers(false);
    HttpConversionUtil.toHttp2Headers(headers, head);
    head.status(Integer.toString(status));
    var ctx = context();
    handler().encoder().writeHeaders(ctx, id, head, 0, end, ctx.newPromise());
    flushSoon();
  }

  void writeWhole(int id, Response.Reply reply, HttpRequest asked) {
    var headers = server.replyHeaders(asked, reply);
    boolean bare = reply.body().length == 0 || asked.method().name().equals("HEAD");
    writeHead(id, reply.status(), headers, bare);
    if (!bare) {
      var ctx = context();
      var body = Unpooled.wrappedBuffer(reply.body());
      handler().encoder().writeData(ctx, id, body, 0, true, ctx.newPromise());
    }
  }

  void reset(int id) {
    var ctx = context();
    handler().resetStream(ctx, id, Http2Error.CANCEL.code(), ctx.newPromise());
    flushSoon();
  }

  /** As {@link Subscription.Outlet#taken} says, of all streams together. */
  long taken() {
    var channel = context().channel();
    long known = server.delivery(channel.eventLoop()).tcpInfo().taken(channel);
    long number = Math.max(known, Uptake.NOTHING_WAITS);
    server.present(uptake).look(number, server.ticker().nanos());
    return number;
  }

  /** Closes at once if it is the connection that takes nothing. Returns whether that is so. */
  boolean letGoIfStuck() {
    taken();
    long timeoutNanos = server.config().timeouts().write().toNanos();
    if (!server.present(uptake).isStuck(timeoutNanos, server.ticker().nanos())) {
      return false;
    }
    exchanges.values().forEach(Http2Exchange::connectionLetGo);
    LastResort.reset(context().channel());
    return true;
  }

  /** One flush for everything that one task of the loop writes. */
  void flushSoon() {
    if (!flushPending) {
      flushPending = true;
      context()
          .executor()
          .execute(() -> {
            flushPending = false;
            // The codec's own flush: it first writes what the flow controller holds.
            handler().flush(context());
          });
    }
  }

  /** Gives bytes back to the sender's window, RFC 9113 6.9. */
  void consumed(int id, int bytes) {
    var stream = handler().connection().stream(id);
    if (stream != null && bytes > 0) {
      try {
        if (handler().decoder().flowController().consumeBytes(stream, bytes)) {
          flushSoon();
        }
      } catch (Http2Exception e) {
        reset(id);
      }
    }
  }

  // ---- ServerContext.Closeable.

  @Override
  public void closeWhenAnswered() {
    context().executor().execute(() -> context().close()); // GOAWAY first, RFC 9113 6.8
  }

  @Override
  public io.netty.util.concurrent.Future<?> closedFuture() {
    return context().channel().closeFuture();
  }
}
