// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.server.Response.View;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's socket on HTTP/1.1 or 1.0. Confined to its event loop.
 *
 * <p>The usual delivery is one system call on the journal's own memory, past pipeline and codec.
 * What the socket does not take of it is handed to Netty, which waits until the socket is writable;
 * until that is through, the outlet is not free. Where there is no plain file descriptor to write
 * to (another transport, TLS), Netty gets all of it.
 */
final class SocketOutlet implements Subscription.Outlet {
  private static final byte[] HEARTBEAT = {':', '\n'};

  private final HttpConnection connection;
  private final ChannelHandlerContext codec; // writes from here pass by the HTTP encoder
  private final Channel channel;
  private final @Nullable FileDescriptor descriptor;
  private final boolean chunked;

  private boolean waiting;
  private @Nullable Frames waitingFrames;

  SocketOutlet(HttpConnection connection, ChannelHandlerContext codec, boolean chunked) {
    this.connection = connection;
    this.codec = codec;
    this.channel = codec.channel();
    this.chunked = chunked;
    // Nothing between the codec and the socket, such as TLS.
    boolean bare = channel.pipeline().names().indexOf(codec.name()) == 0;
    this.descriptor = bare && channel instanceof UnixChannel unix ? unix.fd() : null;
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
    return !waiting && channel.isOpen();
  }

  @Override
  public long heldBytes() {
    var outbound = channel.unsafe().outboundBuffer();
    return outbound == null ? 0 : outbound.totalPendingWriteBytes() - outbound.currentProgress();
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
    for (int i = 0; i < frames.slices(); i++) {
      int length = frames.length(i);
      int taken = descriptor == null ? 0 : take(descriptor, frames.address(i), length);
      if (taken < length) {
        offerRest(frames, i, taken);
        return;
      }
    }
  }

  /** {@return how many bytes the socket took} */
  private static int take(FileDescriptor descriptor, long address, int length) throws IOException {
    return descriptor.writeAddress(address, 0, length);
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
      last = codec.write(Unpooled.wrappedBuffer(slice));
    }
    await(last);
  }

  private void offerCopied(Frames frames, boolean ids) throws IOException {
    var scratch = connection.scratch(frames.bytes());
    FrameCopier.copy(frames, ids, chunked, scratch);
    scratch.flip();
    offerScratch(scratch);
  }

  private void offerScratch(ByteBuffer scratch) throws IOException {
    int length = scratch.remaining();
    int taken =
        descriptor == null
            ? 0
            : take(descriptor, io.netty.channel.unix.Buffer.memoryAddress(scratch), length);
    if (taken < length) {
      scratch.position(taken);
      ByteBuf rest = codec.alloc().buffer(length - taken);
      rest.writeBytes(scratch);
      await(codec.write(rest));
    }
  }

  @Override
  public void offer(byte[] block) {
    await(codec.write(Unpooled.wrappedBuffer(chunked ? ChunkedBytes.chunk(block) : block)));
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
    codec.flush();
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
    connection.endStream();
  }

  @Override
  public void cut() {
    channel.close();
  }
}
