// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.DecoderResultProvider;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection to another server, with one call at a time, or none: then it is kept for the next,
 * and closed by whatever arrives. Confined to the loop, save what says otherwise.
 */
final class OutboundConnection extends ChannelInboundHandlerAdapter implements ChunkedBody.Sink {
  /** Its own in the pipeline, where it is the last. */
  static final String NAME = "connection";

  private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int INTERIM_MAX = 16;

  private final OutboundClient client;
  private final Channel channel;

  private @Nullable OutboundCall call;
  private boolean written; // the whole request
  private boolean interim; // an interim reply is being read (RFC 9110 15.2): the reply follows
  private int interims;
  private boolean reusable;
  private @Nullable ChunkedBody chunks; // the body, while it is read past the decoder
  // There is a decoder from a request to its reply's end, or to where chunks begin. Without it, all
  // that arrives comes here as bytes: while no call runs, one byte is one too many.
  private @Nullable ReplyDecoder decoder;
  private @Nullable ScheduledFuture<?> expiry;

  OutboundConnection(OutboundClient client, Channel channel) {
    this.client = client;
    this.channel = channel;
  }

  /** Sends the request of the call it was opened for. Any thread. */
  void startFirst(OutboundCall first) {
    channel
        .eventLoop()
        .execute(() -> {
          if (channel.isActive()) {
            send(first);
          } else {
            first.onFailure(new ClosedChannelException());
          }
        });
  }

  /**
   * Sends the request of another call, or tells the call that the connection was closed while it
   * was kept. Any thread.
   */
  void startNext(OutboundCall next) {
    var loop = channel.eventLoop();
    // What is due now runs after the loop's next look at its sockets: an end is seen before that.
    loop.execute(() -> Guarded.schedule(loop, () -> sendIfOpen(next), 0, TimeUnit.NANOSECONDS));
  }

  private void sendIfOpen(OutboundCall next) {
    if (expiry != null) {
      expiry.cancel(false);
      expiry = null;
    }
    if (channel.isActive()) {
      send(next);
    } else {
      next.onStale();
    }
  }

  private void send(OutboundCall next) {
    call = next;
    written = false;
    interims = 0;
    decoder = new ReplyDecoder();
    channel.pipeline().addBefore(NAME, null, decoder);
    channel
        .writeAndFlush(encoded(next.request()))
        .addListener((ChannelFuture sent) -> sent(next, sent));
  }

  private FullHttpRequest encoded(OutboundRequest request) {
    var encoded =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.valueOf(request.method()),
            client.target(request),
            Unpooled.wrappedBuffer(request.body()));
    var headers = encoded.headers();
    headers.set("Host", client.hostHeader()).set("User-Agent", "teleprinter");
    request.headers().forEach(headers::set);
    if (request.body().length > 0) {
      headers.set("Content-Length", request.body().length);
    }
    return encoded;
  }

  private void sent(OutboundCall sender, ChannelFuture sent) {
    written = sent.isSuccess();
    // A peer who closes early has mostly said why: what cannot be sent is no reason not to read.
    if (sender == call && sent.cause() != null && !(sent.cause() instanceof IOException)) {
      fail(sent.cause());
    }
  }

  /** Reads on. Any thread. */
  void resume() {
    channel.eventLoop().execute(() -> channel.config().setAutoRead(true)); // after what paused it
  }

  /** Any thread. Idempotent. */
  void close() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      var current = call;
      if (current == null) {
        ctx.close(); // nothing was asked
      } else if (message instanceof ByteBuf bytes && chunks != null) {
        onChunks(current, chunks, bytes);
      } else if (message instanceof DecoderResultProvider decoded
          && decoded.decoderResult().isFailure()) {
        fail(ReplyDecoder.failure(decoded.decoderResult().cause()));
      } else {
        onDecoded(current, message);
      }
    } catch (BadReplyException e) {
      fail(e);
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void onDecoded(OutboundCall current, Object message) throws BadReplyException {
    if (message instanceof HttpResponse head) {
      onHead(current, head);
    }
    if (message instanceof HttpContent body) {
      onBody(current, body);
    }
  }

  private void onHead(OutboundCall current, HttpResponse head) throws BadReplyException {
    ReplyDecoder.check(head);
    interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (interim && ++interims > INTERIM_MAX) {
      throw new BadReplyException("head: more than " + INTERIM_MAX + " interim replies");
    }
    if (!interim) {
      reusable = HttpUtil.isKeepAlive(head);
      current.onHead(head);
      if (HttpUtil.isTransferEncodingChunked(head)) {
        chunks = new ChunkedBody();
        removeDecoder();
      }
    }
  }

  /** It hands on what it has not read yet. */
  private void removeDecoder() {
    var removed = decoder;
    if (removed != null) {
      decoder = null;
      channel.pipeline().remove(removed);
    }
  }

  private void onChunks(OutboundCall current, ChunkedBody body, ByteBuf bytes)
      throws BadReplyException {
    if (body.read(bytes, this) && call == current) { // else who took it has aborted
      reusable &= !bytes.isReadable(); // else it says more than it was asked
      onEnd(current);
    }
  }

  /** Some of the body is there. */
  @Override
  public void take(ByteBuf bytes, int count) {
    if (call == null) {
      bytes.skipBytes(count);
    } else if (call.onBytes(bytes, count)) {
      channel.config().setAutoRead(false);
    }
  }

  private void onBody(OutboundCall current, HttpContent body) {
    if (interim) {
      return;
    }
    int count = body.content().readableBytes();
    if (count > 0) {
      take(body.content(), count);
    }
    if (body instanceof LastHttpContent) {
      onEnd(current);
    }
  }

  private void onEnd(OutboundCall current) {
    call = null;
    chunks = null;
    removeDecoder();
    release();
    current.onEnd();
  }

  private void release() {
    if (!written || !reusable || !channel.isActive()) {
      channel.close();
      return;
    }
    channel.config().setAutoRead(true);
    expiry = channel.eventLoop().schedule(this::close, KEPT_NANOS, TimeUnit.NANOSECONDS);
    client.keep(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(new ClosedChannelException());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      fail(ReplyDecoder.failure(cause));
      return;
    }
    fail(cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause);
    if (cause instanceof Error) { // the call fails, and whoever watches over threads hears of it
      var thread = Thread.currentThread();
      thread.getUncaughtExceptionHandler().uncaughtException(thread, cause);
    }
  }

  private void fail(Throwable cause) {
    if (cause instanceof Error) { // the call sees a failed upstream: nobody else would log it
      Guarded.log(cause);
    }
    channel.close();
    var failed = call;
    call = null;
    if (failed != null) {
      failed.onFailure(cause instanceof IOException e ? e : new IOException(cause));
    }
  }
}
