// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
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
 * is whole by then, and nobody need wait for it. They start a few at a time, so that the loop's
 * other connections have their turns.
 */
final class Http2Session extends Http2EventAdapter implements ServerContext.Closeable {
  private static final int STARTS_MAX = 32; // in one turn of the loop

  private final ServerContext server;
  private final boolean refused;
  private final Map<Integer, Http2Exchange> exchanges = new HashMap<>();
  private final ArrayDeque<Http2Exchange> unstarted = new ArrayDeque<>(0);
  private final Http2Frames frames;
  private final PendingReplies replies;

  private @Nullable Http2Codec codec;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Http2Output output;
  private @Nullable Http2Deadlines deadlines;
  private boolean startPending; // of the rest of unstarted
  private int replying; // streams
  private boolean goingAway; // the peer has said so

  Http2Session(ServerContext server, boolean refused) {
    this.server = server;
    this.refused = refused;
    this.frames = new Http2Frames(server.ticker(), this::frameUnfinished, this::flooded);
    this.replies = new PendingReplies(server.memory());
  }

  /** Called once, when the pipeline is set up. */
  void started(Http2Codec newCodec, ChannelHandlerContext ctx) {
    codec = newCodec;
    context = ctx;
    output = new Http2Output(server, newCodec, ctx);
    deadlines = new Http2Deadlines(this, exchanges.values());
    newCodec.connection().addListener(this);
    server.opened(this);
    ctx.channel().closeFuture().addListener(_ -> closed());
  }

  private void closed() {
    server.closed(this);
    deadlines().stop();
    for (var exchange : exchanges.values().toArray(new Http2Exchange[0])) {
      exchange.gone();
    }
    exchanges.clear();
    replies.close();
  }

  ChannelHandlerContext context() {
    return server.present(context);
  }

  private Http2Codec codec() {
    return server.present(codec);
  }

  /** {@return where its streams write} */
  Http2Output output() {
    return server.present(output);
  }

  ServerContext server() {
    return server;
  }

  Http2Frames frames() {
    return frames;
  }

  PendingReplies replies() {
    return replies;
  }

  Http2Deadlines deadlines() {
    return server.present(deadlines);
  }

  /** Whether it is one connection too many. */
  boolean isRefused() {
    return refused;
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
    var head = Http2RequestHead.of(id, headers);
    var exchange =
        new Http2Exchange(this, id, head, (InetSocketAddress) ctx.channel().remoteAddress());
    exchanges.put(id, exchange);
    unstarted.add(exchange);
    if (end) {
      exchange.bodyEnded();
    } else {
      deadlines().watch(requestNanos());
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
      if (exchanges.isEmpty()) {
        deadlines().idle();
        if (goingAway) {
          codec().closeWithin(context(), Http2Codec.CLOSE_MILLIS);
        }
      }
    }
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int id, int increment) {
    if (id == 0) {
      output().windowUpdated();
    } else if (replying > 0) { // else nobody asks, and to find the stream has its price
      var exchange = exchanges.get(id);
      if (exchange != null) {
        exchange.windowUpdated();
      }
    }
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) {
    deadlines().settled();
  }

  @Override
  public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
    if (exchanges.isEmpty()) {
      codec().closeWithin(context(), Http2Codec.CLOSE_MILLIS);
    } else {
      goingAway = true; // closes with the last stream
    }
  }

  private void frameUnfinished() {
    deadlines().watch(requestNanos());
  }

  private void flooded() {
    end(Http2Error.ENHANCE_YOUR_CALM, "frames: too many without content");
  }

  /** {@return the handler after the codec, which tells when a read of the socket is over} */
  ChannelHandler afterCodec() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!unstarted.isEmpty() && !startPending) {
          startSome();
        }
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LastResort.close(ctx, cause);
      }
    };
  }

  /** Starts requests, a few in one turn: a thousand may have come in one read of the socket. */
  private void startSome() {
    for (int i = 0; i < STARTS_MAX && !unstarted.isEmpty(); i++) {
      unstarted.remove().start();
    }
    startPending = !unstarted.isEmpty();
    if (startPending) {
      context().executor().execute(this::startSome);
    } else if (refused) {
      codec().closeWithin(context(), Http2Codec.CLOSE_MILLIS);
    }
  }

  // ---- What is awaited.

  /** Ends the connection, whatever its streams are at. */
  void end(Http2Error error, String reason) {
    deadlines().stop();
    if (output().isWaitedFor()) {
      context()
          .channel()
          .config()
          .setOption(ChannelOption.SO_LINGER, 0); // nor does the kernel wait
    }
    codec().end(context(), error, reason);
  }

  /** Counts streams whose response waits for the peer. */
  void replying(int more) {
    replying += more;
  }

  long requestNanos() {
    return server.config().timeouts().request().toNanos();
  }

  long writeNanos() {
    return server.config().timeouts().write().toNanos();
  }

  /** Closes at once if it is the connection that takes nothing. Returns whether that is so. */
  boolean letGoIfStuck() {
    if (!output().isStuck(writeNanos())) {
      return false;
    }
    exchanges.values().forEach(Http2Exchange::connectionLetGo);
    LastResort.reset(context().channel());
    return true;
  }

  // ---- ServerContext.Closeable.

  @Override
  public void closeWhenAnswered() {
    long drainMillis = server.config().timeouts().drain().toMillis();
    context().executor().execute(() -> codec().closeWithin(context(), drainMillis));
  }

  @Override
  public io.netty.util.concurrent.Future<?> closedFuture() {
    return context().channel().closeFuture();
  }
}
