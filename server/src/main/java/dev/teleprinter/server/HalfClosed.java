// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose sender has ended its side, RFC 9112 9.6, while it is answered. Confined to the
 * loop.
 *
 * <p>Netty takes such a connection out of epoll. It sees nothing more of it, not even a reset: so
 * the kernel is asked ten times a second. Nor could it wait for room to write: so the connection is
 * put back before each flush.
 */
final class HalfClosed {
  private static final long LOOK_MILLIS = 100;
  private static final int LOOKS_UNTIL_ASKED = 10;

  private final Channel channel;
  private final TcpInfo tcpInfo;
  private @Nullable ScheduledFuture<?> looking;
  private int looks;
  private boolean flushing;

  HalfClosed(Channel channel, TcpInfo tcpInfo) {
    this.channel = channel;
    this.tcpInfo = tcpInfo;
  }

  /**
   * Says what the end of the input means: the end of the requests, or of the connection. It is
   * always the latter where a reset could not be seen, and under TLS, where the end of one side is
   * mostly the end of both.
   */
  static void allow(Channel channel, boolean on) {
    if (channel instanceof EpollSocketChannel socket
        && socket.pipeline().get(SslHandler.class) == null) {
      socket.config().setAllowHalfClosure(on);
    }
  }

  /** Ends the server's side, so that the peer sees the end while it may still be sending. */
  static void endOutput(Channel channel) {
    if (channel instanceof EpollSocketChannel socket
        && socket.pipeline().get(SslHandler.class) == null) {
      socket.shutdownOutput();
    }
  }

  /**
   * Closes the channel when it is reset.
   *
   * @param askForSignOfLife called each second
   */
  void watch(Runnable askForSignOfLife) {
    looking =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(
                () -> look(askForSignOfLife), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Flushes what is written, a little later.
   *
   * @param onFlushed called then
   */
  void flush(Runnable onFlushed) {
    if (flushing) {
      return;
    }
    flushing = true;
    channel
        .deregister()
        .addListener(_ ->
            channel
                .eventLoop()
                .register(channel)
                .addListener(_ -> {
                  flushing = false;
                  channel.flush();
                  onFlushed.run();
                }));
  }

  private void look(Runnable askForSignOfLife) {
    if (tcpInfo.isReset(channel)) {
      channel.close();
    } else if (++looks % LOOKS_UNTIL_ASKED == 0) {
      askForSignOfLife.run();
    }
  }

  /** No more. */
  void stop() {
    if (looking != null) {
      looking.cancel(false);
      looking = null;
    }
  }
}
