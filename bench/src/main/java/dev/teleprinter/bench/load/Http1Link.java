// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One reader's own connection: its response's head, then its body. Confined to the event loop. */
final class Http1Link extends ChannelInboundHandlerAdapter implements Subscriber.Link {
  private static final int ASK_AGAIN_MILLIS = 100; // nobody asks the next thing at once

  private final Subscriber reader;
  private @Nullable Channel channel;
  private @Nullable Chunks chunks;
  private boolean hasHead;
  private boolean hasEnded;

  Http1Link(Subscriber reader) {
    this.reader = reader;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    reader.link = this;
    ask(ctx);
  }

  private void ask(ChannelHandlerContext ctx) {
    var request = reader.ask().http1(reader.all.port());
    ctx.writeAndFlush(ctx.alloc().directBuffer(request.length).writeBytes(request));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var in = (ByteBuf) message;
    int count = in.readableBytes();
    int from = reader.unfinishedBytes();
    var bytes = reader.room(count);
    in.readBytes(bytes, from, count);
    in.release();
    if (hasEnded) {
      return; // the failure is on its way
    }
    int end = from + count;
    if (hasHead) {
      body(bytes, from, end);
    } else {
      head(bytes, end);
    }
    if (reader.ledger.askAgain()) {
      ctx.executor().schedule(() -> ask(ctx), ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void head(byte[] bytes, int end) {
    for (int i = 3; i < end; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        onHead(new String(bytes, 0, i, ISO_8859_1));
        int rest = end - i - 1;
        System.arraycopy(bytes, i + 1, bytes, 0, rest);
        body(bytes, 0, rest);
        return;
      }
    }
    reader.keep(bytes, 0, end);
  }

  private void onHead(String head) {
    if (!head.startsWith("HTTP/1.1 200 ")) {
      throw new LedgerException("subscribe: answered " + head.lines().findFirst().orElse(""));
    }
    hasHead = true;
    if (reader.ledger.readsBodies()) {
      chunks = Chunks.ofBody(head);
    }
    reader.opened();
  }

  private void body(byte[] bytes, int from, int end) {
    var stripped = chunks;
    reader.take(bytes, stripped == null ? end : stripped.strip(bytes, from, end));
    if (stripped != null && stripped.isOver()) {
      drop(); // the end of an answer: come back, if it is that kind of reader
    }
  }

  @Override
  public void drop() {
    if (channel != null) {
      channel.close();
    }
  }

  @Override
  public void read(boolean on) {
    if (channel != null) {
      channel.config().setAutoRead(on);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!hasEnded) {
      hasEnded = true;
      reader.left("a reader was disconnected after " + reader.ledger.received() + " events");
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    boolean isReset = cause instanceof IOException; // as good as an end
    if (!isReset) {
      hasEnded = true;
      reader.all.failed(cause);
    }
    ctx.close();
  }
}
