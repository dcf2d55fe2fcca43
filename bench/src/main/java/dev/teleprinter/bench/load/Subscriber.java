// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.Arrays;

/**
 * One reading connection: its response's head, then its ledger. Confined to the event loop.
 *
 * <p>What a read left unfinished is put before the next one in a buffer that all readers share.
 */
final class Subscriber extends ChannelInboundHandlerAdapter {
  private static final byte[] NOTHING = {};

  private final Subscribers all;
  private final byte[] request;
  final Ledger ledger;
  private byte[] unfinished = NOTHING;
  private int unfinishedBytes;
  private boolean open;

  Subscriber(Subscribers all, byte[] request, Ledger ledger) {
    this.all = all;
    this.request = request;
    this.ledger = ledger;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(ctx.alloc().directBuffer(request.length).writeBytes(request));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    var in = (ByteBuf) message;
    int count = in.readableBytes();
    int end = unfinishedBytes + count;
    var bytes = all.scratch(end);
    System.arraycopy(unfinished, 0, bytes, 0, unfinishedBytes);
    in.readBytes(bytes, unfinishedBytes, count);
    in.release();
    int from = open ? all.take(this, bytes, end) : head(bytes, end);
    keep(bytes, from, end);
    if (ledger.askAgain()) {
      channelActive(ctx);
    }
  }

  private int head(byte[] bytes, int end) throws IOException {
    for (int i = 3; i < end; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        var head = new String(bytes, 0, i, ISO_8859_1);
        if (!head.startsWith("HTTP/1.1 200 ")) {
          throw new IOException("subscribe: answered " + head.lines().findFirst().orElse(""));
        }
        open = true;
        all.opened();
        return all.take(this, bytes, end); // the head has no mark: it is noise
      }
    }
    return 0;
  }

  private void keep(byte[] bytes, int from, int end) {
    unfinishedBytes = end - from;
    if (unfinished.length < unfinishedBytes) {
      unfinished = Arrays.copyOfRange(bytes, from, end);
    } else {
      System.arraycopy(bytes, from, unfinished, 0, unfinishedBytes);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    all.left("a subscriber was disconnected after " + ledger.received() + " events");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    all.failed(cause);
    ctx.close();
  }
}
