// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Sets each accepted connection up: TLS if configured, then HTTP/2 or HTTP/1.1, chosen by ALPN (RFC
 * 7301) under TLS, and by the first bytes without it (prior knowledge, RFC 9113 3.3).
 */
final class ConnectionSetup extends ChannelInitializer<SocketChannel> {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final ByteBuf PREFACE =
      Unpooled.unreleasableBuffer(Http2CodecUtil.connectionPrefaceBuf()).asReadOnly();

  private final ServerContext server;
  private final @Nullable SslContext tls;

  ConnectionSetup(ServerContext server, @Nullable SslContext tls) {
    this.server = server;
    this.tls = tls;
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    var address = channel.remoteAddress().getAddress();
    boolean refused = server.admit(address);
    channel.closeFuture().addListener(_ -> server.dismiss(address, refused));
    if (server.isOverrun()) {
      channel.config().setSoLinger(0);
      channel.close();
      return;
    }
    if (tls == null) {
      channel.pipeline().addLast(new PrefaceReader(refused, deadline(channel)));
    } else {
      var handshake = tls.newHandler(channel.alloc());
      handshake.setHandshakeTimeoutMillis(server.config().timeouts().request().toMillis());
      channel.pipeline().addLast(handshake).addLast(new Chooser(refused));
    }
  }

  private void http1(ChannelPipeline pipeline, boolean refused, Deadline deadline) {
    pipeline.addLast(server.newHttpCodec(), new HttpConnection(server, refused, deadline));
  }

  private Deadline deadline(Channel channel) {
    return new Deadline(channel.eventLoop(), server.ticker(), channel::close);
  }

  private void http2(ChannelPipeline pipeline, boolean refused) {
    var session = new Http2Session(server, refused);
    var codec = Http2Codec.of(server.config(), session);
    pipeline.addLast(codec, session.afterCodec());
    session.started(codec, pipeline.context(codec));
  }

  /** Looks at the first bytes of a connection without TLS, then leaves. */
  private final class PrefaceReader extends ChannelInboundHandlerAdapter {
    private final boolean refused;
    private final Deadline deadline;
    private ByteBuf read = Unpooled.EMPTY_BUFFER; // while it may still become a preface

    PrefaceReader(boolean refused, Deadline deadline) {
      this.refused = refused;
      this.deadline = deadline;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      deadline.set(server.config().timeouts().request().toNanos());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var bytes = (ByteBuf) message;
      if (read.isReadable()) {
        bytes = Unpooled.wrappedBuffer(read, bytes);
      }
      int known = Math.min(bytes.readableBytes(), PREFACE.readableBytes());
      boolean http2 = ByteBufUtil.equals(bytes, bytes.readerIndex(), PREFACE, 0, known);
      if (http2 && known < PREFACE.readableBytes()) {
        read = bytes;
        return;
      }
      read = Unpooled.EMPTY_BUFFER; // they go on to who comes next
      if (http2) {
        deadline.stop();
        http2(ctx.pipeline(), refused);
      } else {
        http1(ctx.pipeline(), refused, deadline);
      }
      ctx.pipeline().remove(this);
      ctx.fireChannelRead(bytes);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      deadline.stop();
      ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LastResort.close(ctx, cause);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      read.release();
    }
  }

  /** Sets up what the TLS handshake agreed on. */
  private final class Chooser extends ApplicationProtocolNegotiationHandler {
    private final boolean refused;

    Chooser(boolean refused) {
      super(ApplicationProtocolNames.HTTP_1_1);
      this.refused = refused;
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
      LOG.log(Level.DEBUG, "a TLS handshake failed or did not end in time", cause);
      ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      LOG.log(Level.DEBUG, "a connection failed before its protocol was known", cause);
      ctx.close();
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        http2(ctx.pipeline(), refused);
      } else {
        http1(ctx.pipeline(), refused, deadline(ctx.channel()));
      }
    }
  }
}
