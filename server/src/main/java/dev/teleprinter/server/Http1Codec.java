// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Decodes the requests of one connection, one at a time, and encodes the replies. Confined to the
 * event loop.
 *
 * <p>After the end of a request it decodes nothing more until {@link #open} or {@link #proceed}:
 * pipelined requests wait as the bytes they came in, which the socket's next reads are charged
 * against, and not as objects that are many times as large.
 */
final class Http1Codec
    extends CombinedChannelDuplexHandler<Http1Codec.Decoder, HttpResponseEncoder> {

  private boolean decoding;

  Http1Codec(HttpDecoderConfig config) {
    super(new Decoder(config), new HttpResponseEncoder());
  }

  /** Lets the next request be decoded when bytes arrive, or by the decoding that goes on now. */
  void open() {
    inboundHandler().held = false;
  }

  /** Whether the next request may be decoded. */
  boolean isOpen() {
    return !inboundHandler().held;
  }

  /** Whether what was decoded is being passed on. */
  boolean isDecoding() {
    return decoding;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    decoding = true;
    try {
      super.channelRead(ctx, message);
    } finally {
      decoding = false;
    }
  }

  /** Decodes the next request of the bytes that wait, if they have one. */
  void proceed(ChannelHandlerContext own) throws Exception {
    open();
    channelRead(own, Unpooled.EMPTY_BUFFER);
  }

  /** The bytes that wait to be decoded. */
  int heldBytes() {
    return inboundHandler().heldBytes();
  }

  /** Whether a part of a request's head has come, and not yet its end. */
  boolean isMidHead() {
    return inboundHandler().midHead;
  }

  /** The half that reads. */
  static final class Decoder extends HttpRequestDecoder {
    private boolean held;
    private boolean midHead;
    private boolean inBody;
    private int lengths; // of the head

    Decoder(HttpDecoderConfig config) {
      super(config);
    }

    private int heldBytes() {
      return actualReadableBytes();
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) throws Exception {
      lengths = 0;
      if (!initialLine[2].startsWith("HTTP/")) { // the superclass takes small letters, too
        throw new IllegalArgumentException("version: " + initialLine[2]);
      }
      return super.createMessage(initialLine);
    }

    /** Refuses a second length, of which the superclass takes the first in HTTP/1.0. */
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
      var name = super.splitHeaderName(line, start, length);
      if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && ++lengths > 1) {
        throw new IllegalArgumentException("Content-Length: more than one");
      }
      return name;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out)
        throws Exception {
      if (held) {
        return;
      }
      midHead = !inBody;
      int before = out.size();
      super.decode(ctx, buffer, out);
      for (int i = before; i < out.size(); i++) {
        var message = out.get(i);
        if (message instanceof HttpRequest request) {
          midHead = false;
          inBody = request.decoderResult().isSuccess();
        }
        if (message instanceof LastHttpContent) {
          inBody = false;
          held = true;
        }
      }
    }

    /**
     * Without the read of its own that the superclass starts when nothing was decoded and automatic
     * reading is off: it would go on for as long as the sender sends.
     */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
      if (ctx.channel().config().isAutoRead()) {
        super.channelReadComplete(ctx);
      } else {
        discardSomeReadBytes();
        ctx.fireChannelReadComplete();
      }
    }

    /** Keeps the bytes that wait when the sender ends its side: their requests are answered. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
      if (event instanceof ChannelInputShutdownEvent) {
        ctx.fireUserEventTriggered(event);
      } else {
        super.userEventTriggered(ctx, event);
      }
    }
  }
}
