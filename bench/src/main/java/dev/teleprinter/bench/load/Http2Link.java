// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * One HTTP/2 connection of many readers, stream {@code 2 i + 1} being reader {@code i}'s (RFC
 * 9113). It gives windows as Chrome does: 6 MiB a stream, 15 MiB the connection. Only as much of
 * HTTP/2 as a reader of event streams needs. Confined to the event loop.
 */
final class Http2Link extends ChannelInboundHandlerAdapter {
  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);
  private static final int STREAM_WINDOW = 6 << 20;
  private static final int CONNECTION_WINDOW = 15 << 20;
  private static final int DEFAULT_WINDOW = 65_535;
  private static final int HEAD = 9;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int END_STREAM = 1; // a flag, as are these
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int INITIAL_WINDOW_SIZE = 4; // a setting
  private static final byte STATUS_200 = (byte) 0x88;

  private final List<Subscriber> readers;
  private final boolean tls;
  private final int[] consumed; // by stream, since its last window update
  private int consumedByAll;
  private byte[] cut = new byte[32 << 10]; // a frame of which not all has come
  private int cutBytes;

  Http2Link(List<Subscriber> readers, boolean tls) {
    this.readers = List.copyOf(readers);
    this.tls = tls;
    this.consumed = new int[readers.size()];
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    var out = ctx.alloc().directBuffer(256 * readers.size());
    out.writeBytes(PREFACE);
    frame(out, 6, SETTINGS, 0, 0).writeShort(INITIAL_WINDOW_SIZE).writeInt(STREAM_WINDOW);
    frame(out, 4, WINDOW_UPDATE, 0, 0).writeInt(CONNECTION_WINDOW - DEFAULT_WINDOW);
    for (int i = 0; i < readers.size(); i++) {
      var reader = readers.get(i);
      reader.link = new StreamLink(ctx, 2 * i + 1);
      var block = reader.ask().http2(reader.all.port(), tls);
      frame(out, block.length, HEADERS, END_STREAM | END_HEADERS, 2 * i + 1).writeBytes(block);
    }
    ctx.writeAndFlush(out);
  }

  private static ByteBuf frame(ByteBuf out, int length, int type, int flags, int stream) {
    return out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    var in = (ByteBuf) message;
    int count = in.readableBytes();
    if (cut.length < cutBytes + count) {
      cut = Arrays.copyOf(cut, (cutBytes + count) * 2);
    }
    in.readBytes(cut, cutBytes, count);
    in.release();
    int end = cutBytes + count;
    int at = 0;
    while (end - at >= HEAD) {
      int length = (cut[at] & 0xff) << 16 | (cut[at + 1] & 0xff) << 8 | cut[at + 2] & 0xff;
      if (end - at < HEAD + length) {
        break;
      }
      onFrame(ctx, cut[at + 3], cut[at + 4], number(at + 5) & 0x7fff_ffff, at + HEAD, length);
      at += HEAD + length;
    }
    cutBytes = end - at;
    System.arraycopy(cut, at, cut, 0, cutBytes);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.flush();
  }

  private int number(int at) {
    return cut[at] << 24
        | (cut[at + 1] & 0xff) << 16
        | (cut[at + 2] & 0xff) << 8
        | cut[at + 3] & 0xff;
  }

  private void onFrame(
      ChannelHandlerContext ctx, int type, int flags, int stream, int from, int length)
      throws IOException {
    switch (type) {
      case DATA -> {
        int padding = (flags & PADDED) == 0 ? 0 : 1 + (cut[from] & 0xff);
        onData(reader(stream), padding == 0 ? from : from + 1, length - padding);
        onConsumed(ctx, stream, length);
        endOf(flags, stream);
      }
      case HEADERS -> {
        onHeaders(reader(stream), from, length);
        endOf(flags, stream);
      }
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          ctx.write(frame(ctx.alloc().directBuffer(HEAD), 0, SETTINGS, ACK, 0));
        }
      }
      case PING -> {
        if ((flags & ACK) == 0) {
          var out = frame(ctx.alloc().directBuffer(HEAD + 8), 8, PING, ACK, 0);
          ctx.write(out.writeBytes(cut, from, 8));
        }
      }
      case RST_STREAM ->
          throw new IOException("stream " + stream + ": reset, error " + number(from));
      case GOAWAY -> throw new IOException("connection: goaway, error " + number(from + 4));
      default -> {} // a window of ours, which we need not know, or a frame of no concern
    }
  }

  private Subscriber reader(int stream) throws IOException {
    int i = (stream - 1) / 2;
    if (stream % 2 == 0 || i >= readers.size()) {
      throw new IOException("stream " + stream + " (expected: one that was opened)");
    }
    return readers.get(i);
  }

  /** The status comes first (RFC 9113 8.3), behind at most a change of the table's size. */
  private void onHeaders(Subscriber reader, int from, int length) throws IOException {
    for (int i = from; i < from + Math.min(length, 3); i++) {
      if (cut[i] == STATUS_200) {
        reader.opened();
        return;
      }
    }
    throw new IOException("subscribe: answered other than 200");
  }

  private void onData(Subscriber reader, int from, int length) {
    int at = reader.unfinishedBytes();
    var bytes = reader.room(length);
    System.arraycopy(cut, from, bytes, at, length);
    reader.take(bytes, at + length);
  }

  /** Gives back half a window at a time. */
  private void onConsumed(ChannelHandlerContext ctx, int stream, int length) {
    int i = (stream - 1) / 2;
    consumed[i] += length;
    if (consumed[i] >= STREAM_WINDOW / 2) {
      ctx.write(windowUpdate(ctx, stream, consumed[i]));
      consumed[i] = 0;
    }
    consumedByAll += length;
    if (consumedByAll >= CONNECTION_WINDOW / 2) {
      ctx.write(windowUpdate(ctx, 0, consumedByAll));
      consumedByAll = 0;
    }
  }

  private static ByteBuf windowUpdate(ChannelHandlerContext ctx, int stream, int bytes) {
    var out = ctx.alloc().directBuffer(HEAD + 4);
    return frame(out, 4, WINDOW_UPDATE, 0, stream).writeInt(bytes);
  }

  private void endOf(int flags, int stream) throws IOException {
    if ((flags & END_STREAM) != 0) {
      throw new IOException("stream " + stream + ": ended");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    readers.forEach(reader -> reader.left("a connection of many readers was closed"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    readers.getFirst().all.failed(cause);
    ctx.close();
  }

  /** One stream: it shares its connection's fate. Immutable. */
  private record StreamLink(ChannelHandlerContext ctx, int stream) implements Subscriber.Link {
    @Override
    public void drop() {
      ctx.channel().close();
    }

    @Override
    public void read(boolean on) {
      ctx.channel().config().setAutoRead(on);
    }
  }
}
