// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.server.Response.View;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Error;
import org.jspecify.annotations.Nullable;

/**
 * The outlet of a subscriber on one HTTP/2 stream. Confined to its event loop.
 *
 * <p>A delivery is written as DATA frames of at most {@link #PIECE_BYTES}. The codec holds what the
 * peer's window or the socket does not take; while more than a little is held, the outlet is not
 * free and the subscription waits in the journal, not here.
 */
final class Http2Outlet implements Subscription.Outlet {
  private static final int PIECE_BYTES = 16 << 10;
  private static final int HELD_MAX = 64 << 10;
  private static final byte[] HEARTBEAT = {':', '\n'};

  private final Http2Session session;
  private final Http2Output output;
  private final Http2Exchange exchange;
  private final int id;

  private @Nullable Subscription subscription;
  private long heldBytes;
  private boolean full;

  Http2Outlet(Http2Session session, Http2Exchange exchange, int id) {
    this.session = session;
    this.output = session.output();
    this.exchange = exchange;
    this.id = id;
  }

  private LoopDelivery loop() {
    return session.server().delivery(session.context().channel().eventLoop());
  }

  /** Begins to deliver. The head of the response is written. */
  void join(Response.Subscribe start, HttpRequest asked) {
    var loop = loop();
    var joining = session.server().subscription(loop, start, asked, this);
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
  }

  /** The connection takes nothing and is closed. */
  void connectionLetGo() {
    var now = subscription;
    subscription = null;
    if (now != null) {
      now.shedWithItsConnection();
    }
  }

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
    long number = output.taken();
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
    while (bytes.readableBytes() > PIECE_BYTES) {
      await(output.writeData(id, bytes.readRetainedSlice(PIECE_BYTES), false), PIECE_BYTES);
    }
    int last = bytes.readableBytes();
    await(output.writeData(id, bytes, false), last);
    output.flushSoon();
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
        loop().freed(now);
      }
    });
  }

  @Override
  public void end() {
    subscription = null;
    exchange.endStream();
  }

  @Override
  public void cut() {
    subscription = null;
    output.reset(id, Http2Error.CANCEL);
  }

  @Override
  public void letGo() {
    if (!session.letGoIfStuck()) {
      cut();
    }
  }
}
