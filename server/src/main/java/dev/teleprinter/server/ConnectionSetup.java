// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sets each accepted connection up: TLS if configured, then HTTP/2 or HTTP/1.1, chosen by ALPN (RFC
 * 7301) under TLS, and by the first bytes without it (prior knowledge, RFC 9113 3.3).
 */
final class ConnectionSetup extends ChannelInitializer<SocketChannel> {
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
    channel.closeFuture().addListener(_ -> server.dismiss(address));
    if (server.isOverrun()) {
      channel.config().setSoLinger(0);
      channel.close();
      return;
    }
    if (tls == null) {
      channel.pipeline().addLast(new PrefaceReader(refused));
    } else {
      channel.pipeline().addLast(tls.newHandler(channel.alloc())).addLast(new Chooser(refused));
    }
  }

  private void http1(ChannelPipeline pipeline, boolean refused) {
    pipeline.addLast(server.newHttpCodec()).addLast(new HttpConnection(server, refused));
  }

  private void http2(ChannelPipeline pipeline, boolean refused) {
    var session = new Http2Session(server, refused);
    var limits = server.config().limits();
    var codec =
        new Http2ConnectionHandlerBuilder()
            .server(true)
            .frameListener(session)
            .initialSettings(
                Http2Settings.defaultSettings()
                    .maxConcurrentStreams(limits.streamsPerConnectionMax())
                    .maxHeaderListSize(limits.requestHeadBytesMax()))
            .build();
    pipeline.addLast(codec, session.afterCodec());
    session.started(codec, pipeline.context(codec));
  }

  /** Looks at the first bytes of a connection without TLS, then leaves. */
  private final class PrefaceReader extends ByteToMessageDecoder {
    private final ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
    private final boolean refused;
    private io.netty.util.concurrent.@Nullable Future<?> deadline;

    PrefaceReader(boolean refused) {
      this.refused = refused;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      long nanos = server.config().timeouts().request().toNanos();
      deadline =
          ctx.executor()
              .schedule(
                  (Runnable) () -> ctx.close(), nanos, java.util.concurrent.TimeUnit.NANOSECONDS);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
      int known = Math.min(in.readableBytes(), preface.readableBytes());
      boolean http2 =
          ByteBufUtil.equals(in, in.readerIndex(), preface, preface.readerIndex(), known);
      if (http2 && known < preface.readableBytes()) {
        return; // it may still become one
      }
      if (http2) {
        http2(ctx.pipeline(), refused);
      } else {
        http1(ctx.pipeline(), refused);
      }
      ctx.pipeline().remove(this);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
      preface.release();
      if (deadline != null) {
        deadline.cancel(false);
      }
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
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        http2(ctx.pipeline(), refused);
      } else {
        http1(ctx.pipeline(), refused);
      }
    }
  }
}
