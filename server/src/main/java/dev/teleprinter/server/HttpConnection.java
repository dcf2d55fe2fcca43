// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.x connection: requests one after the other, each handed to a handler, until one of
 * them turns the connection into a subscriber. Confined to its event loop.
 *
 * <p>The handler starts when all has been taken that came together with the head: a small body is
 * whole by then, and nobody need wait for it.
 *
 * <p>Pipelined requests (RFC 9112 9.3.2) wait in the codec, as the bytes they came in, while one is
 * being answered or while replies wait for the socket; when bytes wait, the socket is not read.
 * Replies that are ready while the socket is being read leave after that, all at once.
 *
 * <p>A sender that ends its side of the connection (a half-close) gets the answers to the requests
 * it has sent. A subscriber that does so has left.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter
    implements RequestBody.Flow, ServerContext.Closeable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final int HELD_BYTES_MAX = 1 << 20; // that came before the sender ended its side
  private static final byte[] NOTHING = {};
  private static final HttpRequest STREAMING =
      new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");

  private final ServerContext server;
  private final boolean refused;
  private final Deadline deadline;

  private @Nullable ChannelHandlerContext context;
  private @Nullable Http1Output output; // none while the connection is a subscriber
  private @Nullable Http1Deadlines deadlines; // none then, either
  private @Nullable Http1Codec codec; // none while the connection is a subscriber
  private @Nullable HttpRequest head; // of the request being answered
  private @Nullable HttpRequestView request;
  private @Nullable RequestBody body; // while its end has not come
  private @Nullable Subscription subscription;
  private @Nullable HalfClosed halfClosed; // once the sender has ended its side
  private boolean started; // the handler
  private boolean bodyOpen; // it may take any time
  private boolean closing; // after this answer
  private boolean draining; // what still comes is nobody's
  private boolean reading; // what the socket has
  private boolean unflushed; // until that is read
  private boolean socketIsRead = true;

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

  private Channel channel() {
    return context().channel();
  }

  private Http1Output output() {
    if (output == null) {
      output = new Http1Output(server, context());
    }
    return output;
  }

  private Http1Deadlines deadlines() {
    if (deadlines == null) {
      deadlines = new Http1Deadlines(server, channel(), deadline);
    }
    return deadlines;
  }

  // ---- What arrives.

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    deadlines = new Http1Deadlines(server, ctx.channel(), deadline);
    codec = ctx.pipeline().get(Http1Codec.class);
    server.opened(this);
    HalfClosed.allow(ctx.channel(), true);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    server.closed(this);
    if (deadlines != null) {
      deadlines.stop();
    }
    if (output != null) {
      output.close();
    }
    if (halfClosed != null) {
      halfClosed.stop();
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
    if (codec == null) {
      // A reader has nothing to say; what it says all the same is the start of a request that will
      // not be answered while the stream lasts.
      closing = true;
      ReferenceCountUtil.release(message);
    } else if (draining || !ctx.channel().isActive()) {
      ReferenceCountUtil.release(message);
    } else {
      take(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    taken();
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
            deadlines().awaitNothing();
          }
          maybeStart();
        } else if (!bodyOpen) {
          deadlines().awaitRequest();
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
    closing |= !HttpUtil.isKeepAlive(next);
    deadlines().headTaken();
    var problem = HeadRules.check(next);
    var view =
        new HttpRequestView(server, next, (InetSocketAddress) channel().remoteAddress(), this);
    request = view;
    body = view.requestBody();
    if (problem != null) {
      refuse(Problems.reply(problem));
    } else if (refused) {
      refuse(Refusals.tooManyConnections(view));
    }
  }

  private void refuse(Response.Reply reply) {
    closing = true;
    started = true;
    reply(reply);
  }

  private void maybeStart() {
    var view = request;
    if (view != null && !started) {
      started = true;
      Exchange.start(server, view, context().executor(), response -> answer(view, response));
    }
  }

  /** A read of the socket is over: replies leave, and the next thing to await is settled. */
  private void taken() {
    maybeStart();
    reading = false;
    if (unflushed) {
      unflushed = false;
      flush();
    } else {
      settle();
    }
    maybeRead();
  }

  /** The next request, of the bytes that wait, once the replies before it do not. */
  private void takeNext() {
    var decoder = codec;
    boolean wanted = decoder != null && !decoder.isOpen() && head == null && !draining;
    if (decoder == null || !wanted || !channel().isWritable()) {
      return;
    }
    if (decoder.isDecoding()) {
      decoder.open(); // and the decoding goes on
      return;
    }
    reading = true;
    try {
      decoder.proceed(context().pipeline().context(decoder));
      taken();
    } catch (Exception e) {
      exceptionCaught(context(), e);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable() && codec != null && head == null) {
      ctx.executor().execute(this::takeNext); // not from within the flush that made room
    }
    ctx.fireChannelWritabilityChanged();
  }

  /** Whether the socket is read: this is the one place that says so. */
  private void maybeRead() {
    var decoder = codec;
    boolean bodyWaits = body != null && body.isPaused();
    if (halfClosed != null) {
      return; // all has been read
    }
    int held = decoder == null || decoder.isOpen() ? 0 : decoder.heldBytes(); // for the next
    boolean read = draining || !(bodyWaits || held > 0);
    if (read != socketIsRead) {
      socketIsRead = read;
      channel().config().setAutoRead(read);
      if (body != null && !bodyOpen) {
        awaitBody(read);
      }
    }
    if (held > HELD_BYTES_MAX) {
      LastResort.reset(channel()); // the end of the input has it all read at once
    }
  }

  /** The sender cannot go on with a body that is not read. */
  private void awaitBody(boolean read) {
    if (read) {
      deadlines().awaitRequest();
    } else {
      deadlines().awaitNothing();
    }
  }

  /** Settles the next thing to await, and until when. */
  private void settle() {
    var decoder = codec;
    if (subscription != null || !channel().isActive() || deadlines().maybeWatch(this::settle)) {
      return;
    }
    if (head != null || draining || decoder == null) {
      return;
    }
    if (halfClosed != null && decoder.isOpen()) {
      context().close(); // what is left is a part of a request
    } else {
      deadlines().idle(decoder.isMidHead());
    }
  }

  /** The sender ends its side of the connection. */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      inputEnded();
    }
    ctx.fireUserEventTriggered(event);
  }

  private void inputEnded() {
    if (subscription != null || draining) {
      context().close();
      return;
    }
    halfClosed = new HalfClosed(channel(), server.delivery(channel().eventLoop()).tcpInfo());
    halfClosed.watch(this::askForSignOfLife);
    if (body != null && request != null) { // a cut request
      closing = true;
      request.disconnected();
    }
    if (head == null && codec != null && codec.isOpen()) {
      closeAfter(context().write(Unpooled.EMPTY_BUFFER), false);
      flush();
    }
  }

  /**
   * A sender that has left, and one that has only ended its side, look the same until something is
   * sent: the one that has left answers with a reset. An interim response may come at any time, RFC
   * 9110 15.2.
   */
  private void askForSignOfLife() {
    if (head != null
        && body == null
        && request != null
        && request.isWatched()
        && head.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      sendContinue();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LastResort.close(ctx, cause);
  }

  // ---- What leaves.

  private void answer(HttpRequestView answered, Response.Ready response) {
    if (request != answered || !channel().isActive()) {
      return;
    }
    switch (response) {
      case Response.Reply reply -> reply(reply);
      case Response.Subscribe subscribe -> subscribe(subscribe);
    }
  }

  private void reply(Response.Reply reply) {
    var asked = head();
    // The rest of the body is not wanted, or what follows is no request: none can follow.
    boolean unread = body != null || asked.decoderResult().isFailure();
    closing |= unread || (halfClosed != null && server.present(codec).heldBytes() == 0);
    var written = output().reply(asked, reply, !closing);
    if (closing) {
      closeAfter(written, unread);
    } else {
      next();
    }
    flush();
  }

  private void flush() {
    if (reading) {
      unflushed = true;
    } else if (halfClosed != null) {
      halfClosed.flush(this::settle);
    } else {
      context().flush();
      settle();
    }
  }

  /** Leaves an unread body a moment to arrive: a reset would take the answer from its sender. */
  private void closeAfter(ChannelFuture written, boolean unread) {
    deadlines().awaitNothing(); // the write timeout holds
    request = null;
    body = null;
    draining = true;
    maybeRead();
    if (!unread || halfClosed != null) {
      written.addListener(ChannelFutureListener.CLOSE);
      return;
    }
    written.addListener(_ -> {
      deadlines().awaitRest();
      HalfClosed.endOutput(channel());
    });
  }

  private void subscribe(Response.Subscribe start) {
    if (halfClosed != null) {
      context().close(); // as one that ends its side in mid-stream
      return;
    }
    var asked = head();
    boolean chunked = asked.protocolVersion().equals(HttpVersion.HTTP_1_1);
    boolean headOnly = asked.method().name().equals("HEAD");
    closing |= headOnly || body != null || !chunked;
    deadlines().stop();
    var pipeline = context().pipeline();
    var decoder = server.present(codec);
    boolean bare = pipeline.first() == decoder; // nothing between it and the socket, such as TLS
    codec = null;
    pipeline.remove(decoder); // most of a kilobyte, and there may be many
    if (headOnly) {
      draining = true;
      output()
          .streamHead(asked, start, chunked, closing, NOTHING)
          .addListener(ChannelFutureListener.CLOSE);
      context().flush();
      settle();
      return;
    }
    var delivery = server.delivery(channel().eventLoop());
    var outlet = new SocketOutlet(this, context(), bare, delivery, chunked);
    var joining = server.subscription(delivery, start, asked, outlet);
    subscription = joining;
    head = STREAMING; // a stream may last for days: it need not keep its request in memory
    request = null;
    body = null;
    HalfClosed.allow(channel(), false);
    maybeRead(); // to see the reader leave
    delivery.join(joining);
    outlet.await(output().streamHead(asked, start, chunked, closing, start.firstBytes()));
    deadlines = null;
    if (output().holdsNothing()) {
      output = null; // a stream may last for days, and there may be many
    }
  }

  /** The outlet has written what it held. */
  void outletFreed() {
    var now = subscription;
    if (now != null && !now.isOver()) {
      server.delivery(channel().eventLoop()).freed(now);
    }
  }

  /** The subscription has ended: so does the response, RFC 9112 7.1. */
  void endStream(boolean chunked) {
    subscription = null;
    var end = chunked ? Unpooled.wrappedBuffer(ChunkedBytes.LAST) : Unpooled.EMPTY_BUFFER;
    var written = context().write(end);
    if (closing) {
      closeAfter(written, false);
    } else {
      codec = server.newHttpCodec();
      context().pipeline().addBefore(context().name(), null, codec);
      HalfClosed.allow(channel(), true);
      next();
    }
    flush();
  }

  /** The socket failed under a delivery. */
  void broken(IOException cause) {
    LOG.log(Level.TRACE, "a reader's socket failed", cause);
    context().close();
  }

  /** Memory of the loop for one copy; the next call may overwrite it. */
  ByteBuffer scratch(int bytes) {
    return server.scratch(channel().eventLoop(), bytes);
  }

  private void next() {
    head = null;
    request = null;
    body = null;
    deadlines().answered();
    takeNext();
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
    return channel().closeFuture();
  }

  // ---- RequestBody.Flow, from the handler's thread.

  @Override
  public void wanted() {
    context().executor().execute(this::maybeContinue);
  }

  private void maybeContinue() {
    if (head != null && body != null && HttpUtil.is100ContinueExpected(head)) {
      sendContinue();
    }
  }

  private void sendContinue() {
    output().interim();
    flush();
  }

  @Override
  public void open() {
    context()
        .executor()
        .execute(() -> {
          if (body != null) {
            bodyOpen = true;
            deadlines().awaitNothing();
          }
        });
  }

  @Override
  public void pauseChanged() {
    context().executor().execute(this::maybeRead);
  }
}
