// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.server.Response.View;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's socket on HTTP/1.1 or 1.0. Confined to its event loop.
 *
 * <p>The usual delivery is one send of the journal's own memory, past pipeline and codec; in a pass
 * over many readers it goes with theirs into the loop's {@link SendRing}. What the socket does not
 * take is handed to Netty, which waits until the socket is writable; until that is through, the
 * outlet is not free. Where there is no plain socket to send to (another transport, TLS), Netty
 * gets all of it.
 */
final class SocketOutlet implements Subscription.Outlet, SendRing.Sender {
  private static final byte[] HEARTBEAT = {':', '\n'};

  private final HttpConnection connection;
  private final ChannelHandlerContext context;
  private final Channel channel;
  private final PassSends sends;
  private final TcpInfo tcpInfo;
  private final @Nullable Socket socket;
  private final boolean chunked;

  private boolean waiting;
  private @Nullable Frames waitingFrames;

  // A copy in the ring, while one is there: where in the loop's memory for copies.
  private int copyFrom;
  private int copyBytes;
  private boolean moreThanCopied;

  /**
   * An outlet for a connection whose HTTP codec is gone, or goes before the first offer.
   *
   * @param bare whether nothing but that is between the connection and the socket
   */
  SocketOutlet(
      HttpConnection connection,
      ChannelHandlerContext context,
      boolean bare,
      LoopDelivery delivery,
      boolean chunked) {
    this.connection = connection;
    this.context = context;
    this.channel = context.channel();
    this.sends = delivery.sends();
    this.tcpInfo = delivery.tcpInfo();
    this.chunked = chunked;
    this.socket =
        bare && channel instanceof UnixChannel unix && unix.fd() instanceof Socket plain
            ? plain
            : null;
  }

  @Override
  public String remote() {
    return Remote.text(channel);
  }

  @Override
  public String protocol() {
    return chunked ? "HTTP/1.1" : "HTTP/1.0";
  }

  /**
   * Never when the channel is closed: the loop learns of that later, by an event, and meanwhile the
   * number of its descriptor may belong to another connection, which would get this reader's bytes.
   */
  @Override
  public boolean isFree() {
    return !waiting && (socket == null ? channel.isOpen() : socket.isOpen());
  }

  @Override
  public long heldBytes() {
    var outbound = channel.unsafe().outboundBuffer();
    return outbound == null ? 0 : outbound.totalPendingWriteBytes() - outbound.currentProgress();
  }

  @Override
  public long taken() {
    long known = tcpInfo.taken(channel);
    if (known >= 0) {
      return known;
    }
    return waiting ? heldBytes() : Uptake.NOTHING_WAITS;
  }

  @Override
  public void offer(Frames frames, View view) {
    try {
      if (chunked && view == View.FRAMES) {
        offerAsKept(frames);
      } else {
        offerCopied(frames, view == View.FRAMES);
      }
    } catch (IOException e) {
      connection.broken(e);
    }
  }

  private void offerAsKept(Frames frames) throws IOException {
    var ring = frames.slices() == 1 ? sends.ring() : null;
    if (ring != null && socket != null) {
      waiting = true;
      ring.add(socket.intValue(), frames.address(0), frames.length(0), this, frames);
      return;
    }
    for (int i = 0; i < frames.slices(); i++) {
      int length = frames.length(i);
      int taken = socket == null ? 0 : socket.sendAddress(frames.address(i), 0, length);
      if (taken < length) {
        offerRest(frames, i, taken);
        return;
      }
    }
  }

  /** What became of the send in the ring. */
  @Override
  public void sent(int result, @Nullable Frames frames) {
    waiting = false;
    if (result < 0 && result != -SendRing.FULL) {
      connection.broken(new IOException("send: error " + -result));
    } else if (frames != null) {
      sentAsKept(frames, Math.max(0, result));
    } else {
      sentCopied(Math.max(0, result));
    }
  }

  private void sentAsKept(Frames frames, int taken) {
    if (taken < frames.length(0)) {
      offerRest(frames, 0, taken);
    } else if (frames.more()) {
      connection.outletFreed();
    }
  }

  private void sentCopied(int taken) {
    if (taken < copyBytes) {
      offerRest(sends.copied().slice(copyFrom + taken, copyBytes - taken));
    } else if (moreThanCopied) {
      connection.outletFreed();
    }
  }

  private void offerRest(Frames frames, int from, int taken) {
    frames.retain();
    waitingFrames = frames;
    ChannelFuture last = null;
    for (int i = from; i < frames.slices(); i++) {
      var slice = frames.slice(i);
      if (i == from) {
        slice.position(slice.position() + taken);
      }
      last = context.write(Unpooled.wrappedBuffer(slice));
    }
    await(last);
  }

  private void offerCopied(Frames frames, boolean ids) throws IOException {
    var space = socket == null ? null : sends.copies(frames.bytes());
    var ring = space == null ? null : sends.ring();
    if (space != null && ring != null && socket != null) {
      copyFrom = space.position();
      FrameCopier.copy(frames, ids, chunked, space);
      copyBytes = space.position() - copyFrom;
      moreThanCopied = frames.more();
      waiting = true;
      ring.add(socket.intValue(), Buffer.memoryAddress(space) + copyFrom, copyBytes, this, null);
      return;
    }
    var scratch = connection.scratch(frames.bytes());
    FrameCopier.copy(frames, ids, chunked, scratch);
    scratch.flip();
    int length = scratch.remaining();
    int taken = socket == null ? 0 : socket.sendAddress(Buffer.memoryAddress(scratch), 0, length);
    if (taken < length) {
      offerRest(scratch.position(taken));
    }
  }

  private void offerRest(ByteBuffer copied) {
    ByteBuf rest = context.alloc().buffer(copied.remaining());
    rest.writeBytes(copied);
    await(context.write(rest));
  }

  @Override
  public void offer(byte[] block) {
    await(context.write(Unpooled.wrappedBuffer(chunked ? ChunkedBytes.chunk(block) : block)));
  }

  @Override
  public void heartbeat() {
    offer(HEARTBEAT);
  }

  /** Not free until the write is through. */
  void await(@Nullable ChannelFuture write) {
    if (write == null) {
      return;
    }
    waiting = true;
    context.flush();
    if (write.isDone()) {
      written(write);
    } else {
      write.addListener(_ -> written(write));
    }
  }

  private void written(ChannelFuture write) {
    var frames = waitingFrames;
    waitingFrames = null;
    waiting = false;
    if (frames != null) {
      frames.release();
    }
    if (write.isSuccess()) {
      connection.outletFreed();
    }
  }

  @Override
  public void end() {
    connection.endStream(chunked);
  }

  @Override
  public void cut() {
    channel.close();
  }

  @Override
  public void letGo() {
    LastResort.reset(channel);
  }
}
