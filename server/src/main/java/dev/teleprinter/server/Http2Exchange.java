// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.server.Response.View;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream: a request, and the outlet of its subscriber. Confined to its event loop.
 *
 * <p>A delivery is written as DATA frames of at most {@link #PIECE_BYTES}. The codec holds what the
 * peer's window or the socket does not take; while more than a little is held, the outlet is not
 * free and the subscription waits in the journal, not here.
 */
final class Http2Exchange implements RequestBody.Flow, Subscription.Outlet {
  private static final int PIECE_BYTES = 16 << 10;
  private static final int HELD_MAX = 64 << 10;
  private static final byte[] HEARTBEAT = {':', '\n'};

  private final Http2Session session;
  private final int id;
  private final HttpRequest head;
  private final HttpRequestView request;
  private final RequestBody body;

  private @Nullable Subscription subscription;
  private long heldBytes;
  private boolean full;
  private int owedBytes; // received, not yet given back to the sender's window
  private boolean answered;

  Http2Exchange(Http2Session session, int id, HttpRequest head, InetSocketAddress remote) {
    this.session = session;
    this.id = id;
    this.head = head;
    this.request = new HttpRequestView(session.server(), head, remote, this);
    this.body = request.requestBody();
  }

  /** Once all has been taken that came together with the head. */
  void start(boolean refused) {
    if (refused) {
      answer(Refusals.tooManyConnections(request));
    } else {
      Exchange.start(session.server(), request, session.context().executor(), this::answer);
    }
  }

  /** Takes a piece of the body. Returns how many bytes the sender must wait for. */
  int body(ByteBuf data, boolean end) {
    int bytes = data.readableBytes();
    if (!answered) {
      body.feed(data);
    }
    if (end) {
      body.end();
    }
    if (answered || !body.isPaused()) {
      return 0;
    }
    owedBytes += bytes;
    return bytes;
  }

  void bodyEnded() {
    body.end();
  }

  private void answer(Response.Ready response) {
    if (answered || session.handler().connection().stream(id) == null) {
      return;
    }
    answered = true;
    switch (response) {
      case Response.Reply reply -> session.writeWhole(id, reply, head);
      case Response.Subscribe subscribe -> subscribe(subscribe);
    }
    giveBackOwed(); // what still comes is nobody's, but its sender may wait to have it sent
  }

  private void subscribe(Response.Subscribe start) {
    var server = session.server();
    var headers = server.streamHeaders().copy();
    start.headers().forEach((name, value) -> headers.set(name, value));
    server.cors().apply(head, headers);
    boolean bare = head.method().name().equals("HEAD");
    session.writeHead(id, 200, headers, bare);
    if (bare) {
      return;
    }
    var loop = server.delivery(session.context().channel().eventLoop());
    var joining = server.subscription(loop, start, head, this);
    subscription = joining;
    loop.join(joining);
    write(Unpooled.wrappedBuffer(start.firstBytes()));
    loop.freed(joining);
  }

  /** The stream is closed, by whomever. */
  void gone() {
    var now = subscription;
    subscription = null;
    if (now != null) {
      now.gone();
    }
    if (!answered) {
      answered = true;
      request.disconnected();
    }
  }

  /** The connection takes nothing and is closed. */
  void connectionLetGo() {
    var now = subscription;
    subscription = null;
    if (now != null) {
      now.shedWithItsConnection();
    }
  }

  // ---- Subscription.Outlet.

  @Override
  public String remote() {
    return Remote.text(session.context().channel());
  }

  @Override
  public String protocol() {
    return "HTTP/2";
  }

  @Override
  public boolean isFree() {
    return !full;
  }

  @Override
  public long heldBytes() {
    return heldBytes;
  }

  /** Its own window may be what holds it, while the connection's other streams are read. */
  @Override
  public long taken() {
    long number = session.taken();
    return full ? heldBytes : number;
  }

  @Override
  public void offer(Frames frames, View view) {
    var loop = session.context().channel().eventLoop();
    var scratch = session.server().scratch(loop, frames.bytes());
    FrameCopier.copy(frames, view == View.FRAMES, false, scratch);
    scratch.flip();
    ByteBuf copy = session.context().alloc().buffer(scratch.remaining());
    copy.writeBytes(scratch);
    write(copy);
  }

  @Override
  public void offer(byte[] block) {
    write(Unpooled.wrappedBuffer(block));
  }

  @Override
  public void heartbeat() {
    offer(HEARTBEAT);
  }

  /** Takes ownership. */
  private void write(ByteBuf bytes) {
    var ctx = session.context();
    var encoder = session.handler().encoder();
    while (bytes.readableBytes() > PIECE_BYTES) {
      var piece = bytes.readRetainedSlice(PIECE_BYTES);
      await(encoder.writeData(ctx, id, piece, 0, false, ctx.newPromise()), PIECE_BYTES);
    }
    int last = bytes.readableBytes();
    await(encoder.writeData(ctx, id, bytes, 0, false, ctx.newPromise()), last);
    session.flushSoon();
  }

  private void await(ChannelFuture write, int bytes) {
    heldBytes += bytes;
    full = heldBytes > HELD_MAX;
    write.addListener(_ -> {
      heldBytes -= bytes;
      boolean freed = full && heldBytes <= HELD_MAX / 2;
      full &= !freed;
      var now = subscription;
      if (freed && now != null && !now.isOver()) {
        var loop = session.context().channel().eventLoop();
        session.server().delivery(loop).freed(now);
      }
    });
  }

  @Override
  public void end() {
    subscription = null;
    var ctx = session.context();
    session
        .handler()
        .encoder()
        .writeData(ctx, id, Unpooled.EMPTY_BUFFER, 0, true, ctx.newPromise());
    session.flushSoon();
  }

  @Override
  public void cut() {
    subscription = null;
    session.reset(id);
  }

  @Override
  public void letGo() {
    if (!session.letGoIfStuck()) {
      cut();
    }
  }

  // ---- RequestBody.Flow, from the handler's thread.

  @Override
  public void wanted() {
    // HTTP/2 senders do not wait for 100 Continue in practice; the window is what holds them.
  }

  @Override
  public void open() {
    // No deadline runs on a stream's body: the connection is kept by its peer's answers to TCP.
  }

  @Override
  public void pauseChanged() {
    session
        .context()
        .executor()
        .execute(() -> {
          if (!body.isPaused()) {
            giveBackOwed();
          }
        });
  }

  private void giveBackOwed() {
    int bytes = owedBytes;
    owedBytes = 0;
    session.consumed(id, bytes);
  }
}
