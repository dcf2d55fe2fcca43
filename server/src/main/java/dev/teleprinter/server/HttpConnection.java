// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.x connection: requests one after the other, each handed to a handler, until one of
 * them turns the connection into a subscriber. Confined to its event loop.
 *
 * <p>The handler starts when all has been taken that came together with the head: a small body is
 * whole by then, and nobody need wait for it.
 *
 * <p>Pipelined requests (RFC 9112 9.3.2) wait here, decoded, while one is being answered; when too
 * many wait, the socket is not read. What is answered while the socket is being read leaves when
 * that is done, all at once.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter
    implements RequestBody.Flow, ServerContext.Closeable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final int WAITING_MAX = 128;
  private static final byte[] NOTHING = {};
  private static final HttpRequest STREAMING =
      new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");

  private final ServerContext server;
  private final boolean refused;
  private final Deadline deadline;
  private final ArrayDeque<Object> waiting = new ArrayDeque<>(0);

  private @Nullable ChannelHandlerContext context;
  private @Nullable HttpRequest head; // of the request being answered
  private @Nullable HttpRequestView request;
  private @Nullable RequestBody body; // while its end has not come
  private @Nullable Subscription subscription;
  private boolean started; // the handler
  private boolean bodyOpen; // it may take any time
  private boolean closing; // after this answer
  private boolean tooMuchWaits;
  private boolean reading; // what the socket has
  private boolean unflushed; // until that is read
  private boolean takingWaiting;

  /**
   * A connection that is about to be added to its pipeline.
   *
   * @param deadline of the same connection, for whatever is awaited next
   */
  HttpConnection(ServerContext server, boolean refused, Deadline deadline) {
    this.server = server;
    this.refused = refused;
    this.deadline = deadline;
  }

  private ChannelHandlerContext context() {
    return server.present(context);
  }

  // ---- What arrives.

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    server.opened(this);
    deadline.set(server.config().timeouts().request().toNanos());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    server.closed(this);
    deadline.stop();
    while (!waiting.isEmpty()) {
      ReferenceCountUtil.release(waiting.remove());
    }
    var now = subscription;
    subscription = null;
    if (now != null) {
      now.gone();
    }
    if (request != null) {
      request.disconnected();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    reading = true;
    if (subscription != null) {
      // A reader has nothing to say; what it says all the same is the start of a request that will
      // not be answered while the stream lasts.
      closing = true;
      ReferenceCountUtil.release(message);
    } else if (head != null && body == null) {
      waiting.add(message);
      if (waiting.size() >= WAITING_MAX && !tooMuchWaits) {
        tooMuchWaits = true;
        ctx.channel().config().setAutoRead(false);
      }
    } else {
      take(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    maybeStart();
    reading = false;
    if (unflushed) {
      unflushed = false;
      ctx.flush();
    }
    ctx.fireChannelReadComplete();
  }

  private void take(Object message) {
    try {
      if (message instanceof HttpRequest next) {
        begin(next);
      }
      if (message instanceof HttpContent content && body != null) {
        body.feed(content.content());
        if (content.decoderResult().isFailure()) {
          closing = true;
          body.cut();
        } else if (message instanceof LastHttpContent) {
          body.end();
          body = null;
          if (subscription == null && head != null) {
            deadline.clear();
          }
          maybeStart();
        } else if (!bodyOpen) {
          deadline.set(server.config().timeouts().request().toNanos());
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(HttpRequest next) {
    head = next;
    started = false;
    bodyOpen = false;
    closing = !HttpUtil.isKeepAlive(next);
    var remote = (InetSocketAddress) context().channel().remoteAddress();
    var view = new HttpRequestView(server, next, remote, this);
    request = view;
    body = view.requestBody();
    if (next.decoderResult().isFailure()) {
      closing = true;
      started = true;
      body = null;
      reply(Problems.reply(Refusals.undecodable(next.decoderResult().cause())));
    } else if (refused) {
      closing = true;
      started = true;
      reply(Refusals.tooManyConnections(view));
    }
  }

  private void maybeStart() {
    var view = request;
    if (view != null && !started) {
      started = true;
      Exchange.start(server, view, context().executor(), response -> answer(view, response));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LastResort.close(ctx, cause);
  }

  // ---- What leaves.

  private void answer(HttpRequestView answered, Response.Ready response) {
    if (request != answered || !context().channel().isActive()) {
      return;
    }
    switch (response) {
      case Response.Reply reply -> reply(reply);
      case Response.Subscribe subscribe -> subscribe(subscribe);
    }
  }

  private void reply(Response.Reply reply) {
    var asked = head();
    boolean unread = body != null; // the rest of the body is not wanted: no next request can follow
    closing |= unread;
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(reply.status()),
            Unpooled.wrappedBuffer(reply.body()));
    reply.headers().forEach((name, value) -> response.headers().set(name, value));
    if (reply.status() != 204 && reply.status() != 304) {
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
    }
    server.cors().apply(asked, response.headers());
    HttpUtil.setKeepAlive(response.headers(), asked.protocolVersion(), !closing);
    if (asked.method().name().equals("HEAD")) {
      response.content().clear();
    }
    var written = context().write(response);
    flush();
    if (closing) {
      closeAfterRest(unread, written);
    } else {
      next();
    }
  }

  private void flush() {
    if (reading) {
      unflushed = true;
    } else {
      context().flush();
    }
  }

  /** Leaves an unread body a moment to arrive: a reset would take the answer from its sender. */
  private void closeAfterRest(boolean unread, io.netty.channel.ChannelFuture written) {
    if (!unread) {
      written.addListener(ChannelFutureListener.CLOSE);
      return;
    }
    var ended = body;
    body = null;
    waiting.clear();
    written.addListener(_ -> {
      if (ended != null) {
        deadline.set(TimeUnit.SECONDS.toNanos(1));
      }
    });
  }

  private void subscribe(Response.Subscribe start) {
    var asked = head();
    boolean chunked = asked.protocolVersion().equals(HttpVersion.HTTP_1_1);
    boolean headOnly = asked.method().name().equals("HEAD");
    closing |= headOnly || body != null || !chunked;
    deadline.stop();
    var pipeline = context().pipeline();
    var codec = pipeline.get(HttpServerCodec.class);
    boolean bare = pipeline.first() == codec; // nothing between it and the socket, such as TLS
    pipeline.remove(codec); // most of a kilobyte, and there may be many
    if (headOnly) {
      context()
          .writeAndFlush(opening(start, asked, chunked, NOTHING))
          .addListener(ChannelFutureListener.CLOSE);
      return;
    }
    var delivery = server.delivery(context().channel().eventLoop());
    var outlet = new SocketOutlet(this, context(), bare, delivery, chunked);
    var joining = server.subscription(delivery, start, asked, outlet);
    subscription = joining;
    head = STREAMING; // a stream may last for days: it need not keep its request in memory
    request = null;
    context().channel().config().setAutoRead(true); // to see the reader leave
    delivery.join(joining);
    var first = start.firstBytes();
    var opening = opening(start, asked, chunked, chunked ? ChunkedBytes.chunk(first) : first);
    outlet.await(context().write(opening));
  }

  private ByteBuf opening(
      Response.Subscribe start, HttpRequest asked, boolean chunked, byte[] first) {
    var headers = new DefaultHttpHeaders();
    start.headers().forEach((name, value) -> headers.set(name, value));
    server.cors().apply(asked, headers);
    boolean closes = closing && chunked; // HTTP/1.0 does without being told
    return server.streamHead().encode(context().alloc(), headers, chunked, closes, first);
  }

  /** The outlet has written what it held. */
  void outletFreed() {
    var now = subscription;
    if (now != null && !now.isOver()) {
      server.delivery(context().channel().eventLoop()).freed(now);
    }
  }

  /** The subscription has ended: so does the response, RFC 9112 7.1. */
  void endStream(boolean chunked) {
    subscription = null;
    var end = chunked ? Unpooled.wrappedBuffer(ChunkedBytes.LAST) : Unpooled.EMPTY_BUFFER;
    var written = context().writeAndFlush(end);
    if (closing) {
      written.addListener(ChannelFutureListener.CLOSE);
    } else {
      context().pipeline().addBefore(context().name(), null, server.newHttpCodec());
      next();
    }
  }

  /** The socket failed under a delivery. */
  void broken(IOException cause) {
    LOG.log(Level.TRACE, "a reader's socket failed", cause);
    context().close();
  }

  /** Memory of the loop for one copy; the next call may overwrite it. */
  ByteBuffer scratch(int bytes) {
    return server.scratch(context().channel().eventLoop(), bytes);
  }

  private void next() {
    head = null;
    request = null;
    body = null;
    deadline.set(server.config().timeouts().keepAlive().toNanos());
    if (!takingWaiting) {
      takeWaiting();
    }
  }

  /** A loop, because what is taken may be answered, and be over, at once. */
  private void takeWaiting() {
    takingWaiting = true;
    try {
      while (!waiting.isEmpty() && (head == null || body != null)) {
        take(waiting.remove());
      }
    } finally {
      takingWaiting = false;
    }
    maybeStart();
    if (tooMuchWaits && waiting.isEmpty()) {
      tooMuchWaits = false;
      context().channel().config().setAutoRead(true);
    }
  }

  private HttpRequest head() {
    var now = head;
    if (now == null) {
      throw new IllegalStateException("connection: answers without a request");
    }
    return now;
  }

  // ---- Time.

  @Override
  public void closeWhenAnswered() {
    context()
        .executor()
        .execute(() -> {
          closing = true;
          if (head == null) {
            context().close();
          }
        });
  }

  @Override
  public io.netty.util.concurrent.Future<?> closedFuture() {
    return context().channel().closeFuture();
  }

  // ---- RequestBody.Flow, from the handler's thread.

  @Override
  public void wanted() {
    context().executor().execute(this::maybeContinue);
  }

  private void maybeContinue() {
    if (head != null && body != null && HttpUtil.is100ContinueExpected(head)) {
      context()
          .writeAndFlush(
              new DefaultFullHttpResponse(
                  HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
  }

  @Override
  public void open() {
    context()
        .executor()
        .execute(() -> {
          if (body != null) {
            bodyOpen = true;
            deadline.clear();
          }
        });
  }

  @Override
  public void pauseChanged() {
    context()
        .executor()
        .execute(() -> {
          var now = body;
          context().channel().config().setAutoRead(now == null || !now.isPaused());
        });
  }
}
