// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Exception.StreamException;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream.State;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Netty's HTTP/2 codec with our limits on the work that a peer can cause (RFC 9113 10.5), and with
 * an error of one stream kept to that stream. Confined to its event loop.
 */
final class Http2Codec extends Http2ConnectionHandler {
  /** The time for the last frames to leave when a connection is closed. */
  static final long CLOSE_MILLIS = TimeUnit.SECONDS.toMillis(2);

  private static final int RESETS_SECONDS = 30;
  private static final int RESETS_MORE = 200; // than streams at one time, within those seconds
  private static final int EMPTY_DATA_MAX = 10; // in a row
  private static final int SMALL_CONTINUATIONS_MAX = 16; // of one header block
  private static final int QUEUED_CONTROL_MAX = 1_000; // frames that the peer does not read
  private static final float WINDOW_UPDATE_RATIO = 0.5f;

  // Netty has a line for each frame that it ignores: a peer could write our log full.
  private static final Logger NETTY = Logger.getLogger("io.netty.handler.codec.http2");

  static {
    NETTY.setLevel(Level.WARNING);
  }

  // What Netty says, and nothing else, where RFC 9113 5.1 and 5.1.1 have another error than Netty.
  private static final String HEADERS_AFTER_END = "Received HEADERS frame for an unknown stream";
  private static final String TOO_MANY = "received too many headers";

  private final Http2Frames frames;
  private final RecentResets resets = new RecentResets();

  private Http2Codec(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Http2Frames frames) {
    super(decoder, encoder, settings);
    this.frames = frames;
  }

  /** A codec whose frames a session listens to. */
  static Http2Codec of(ServerConfig config, Http2Session session) {
    return new Builder(config, session).build();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (message instanceof ByteBuf bytes && !frames.admit(bytes)) {
      bytes.release();
      return;
    }
    super.channelRead(ctx, message);
  }

  /** Ends the connection: GOAWAY, then closes, even if the peer reads nothing. */
  void end(ChannelHandlerContext ctx, Http2Error error, String reason) {
    gracefulShutdownTimeoutMillis(CLOSE_MILLIS);
    onError(ctx, true, Http2Exception.connectionError(error, "%s", reason));
  }

  /** Bytes that have left the streams, and that the socket has not taken. */
  static long pendingBytes(ChannelHandlerContext ctx) {
    var waiting = ctx.channel().unsafe().outboundBuffer();
    return waiting == null ? 0 : waiting.totalPendingWriteBytes();
  }

  /** GOAWAY, then closes when no stream is left or the time is over (RFC 9113 6.8). */
  void closeWithin(ChannelHandlerContext ctx, long millis) {
    gracefulShutdownTimeoutMillis(millis);
    ctx.pipeline().close(); // by way of the codec, which says GOAWAY
  }

  // ---- An error of one stream.

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx, boolean outbound, Throwable cause, StreamException error) {
    int id = error.streamId();
    var connection = connection();
    var stream = connection.stream(id);
    if (stream != null && stream.state() == State.HALF_CLOSED_REMOTE && says(error, TOO_MANY)) {
      encoder().writeRstStream(ctx, id, Http2Error.STREAM_CLOSED.code(), ctx.newPromise());
      return; // for Netty a PROTOCOL_ERROR
    }
    if (!outbound && stream == null) {
      if (!connection.streamMayHaveExisted(id)) {
        createRefused(id);
      } else if (resets.contains(id)) {
        return; // sent before the peer knew of the reset: to be ignored, RFC 9113 5.1
      } else if (says(error, HEADERS_AFTER_END)) {
        end(ctx, Http2Error.STREAM_CLOSED, "stream " + id + ": HEADERS on a closed stream");
        return;
      }
    }
    super.onStreamError(ctx, outbound, cause, error);
  }

  /**
   * Has a stream exist whose first HEADERS is malformed: its DATA, which may follow, is then that
   * of a reset stream, and not of one that never was, which would be a connection error.
   */
  private void createRefused(int id) {
    var peer = connection().remote();
    if (!peer.isValidStreamId(id) || !peer.canOpenStream() || connection().goAwaySent()) {
      return;
    }
    try {
      peer.createStream(id, false);
    } catch (Http2Exception e) {
      // Not a stream that may be opened: the reset alone says so.
      assert connection().stream(id) == null : e;
    }
  }

  private static boolean says(StreamException error, String text) {
    var message = error.getMessage();
    return message != null && message.contains(text);
  }

  @Override
  public ChannelFuture resetStream(
      ChannelHandlerContext ctx, int id, long errorCode, ChannelPromise promise) {
    resets.add(id);
    return super.resetStream(ctx, id, errorCode, promise);
  }

  /** The streams that were reset last. */
  private static final class RecentResets {
    private static final int[] NONE = {};
    private static final int KEPT = 64;

    private int[] ids = NONE;
    private int next;

    void add(int id) {
      if (ids.length == 0) {
        ids = new int[KEPT];
      }
      ids[next] = id;
      next = (next + 1) % KEPT;
    }

    boolean contains(int id) {
      for (int each : ids) {
        if (each == id) {
          return true;
        }
      }
      return false;
    }
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Codec, Builder> {
    private final Http2Session session;

    Builder(ServerConfig config, Http2Session session) {
      this.session = session;
      int streams = config.limits().streamsPerConnectionMax();
      var connection = new DefaultHttp2Connection(true);
      // The window of the connection is always open: one stream whose body waits for its handler
      // must not stop the bodies of all others, which a proxy may have brought together.
      connection
          .local()
          .flowController(
              new DefaultHttp2LocalFlowController(connection, WINDOW_UPDATE_RATIO, true));
      connection(connection);
      frameListener(session);
      initialSettings(
          Http2Settings.defaultSettings()
              .maxConcurrentStreams(streams)
              .maxHeaderListSize(config.limits().requestHeadBytesMax()));
      validateHeaders(true);
      validateRequiredPseudoHeaders(true);
      decoderEnforceMaxRstFramesPerWindow(streams + RESETS_MORE, RESETS_SECONDS);
      encoderEnforceMaxRstFramesPerWindow(RESETS_MORE, RESETS_SECONDS);
      decoderEnforceMaxConsecutiveEmptyDataFrames(EMPTY_DATA_MAX);
      decoderEnforceMaxSmallContinuationFrames(SMALL_CONTINUATIONS_MAX);
      encoderEnforceMaxQueuedControlFrames(QUEUED_CONTROL_MAX);
      gracefulShutdownTimeoutMillis(CLOSE_MILLIS);
    }

    @Override
    protected Http2Codec build() {
      return super.build();
    }

    @Override
    protected Http2Codec build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2Codec(decoder, encoder, settings, session.frames());
    }
  }
}
