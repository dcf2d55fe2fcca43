// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a listener alive while connections cannot be accepted. Confined to the listener's loop.
 *
 * <p>When file descriptors are used up, a connection would wait in the kernel's backlog without an
 * answer. The guard holds one descriptor in reserve. It gives that up, accepts what waits, closes
 * each at once, so that its client learns of it, and takes the descriptor back. Without epoll, or
 * when the reserve was lost, the listener pauses instead.
 */
final class AcceptGuard extends ChannelInboundHandlerAdapter {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final long PAUSE_MILLIS = 100;
  private static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int REFUSED_AT_ONCE = 64;
  private static final int ADDRESS_BYTES = 32; // an address as Netty's accept writes it: 25 bytes

  // errno(3), the same on Linux and macOS.
  private static final int ENFILE = 23;
  private static final int EMFILE = 24;

  private final Ticker ticker;
  private final byte[] address = new byte[ADDRESS_BYTES];
  private @Nullable FileDescriptor spare;
  private long refused; // since the last line in the log
  private long loggedAt;
  private boolean logged;

  AcceptGuard(Ticker ticker) {
    this.ticker = ticker;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    takeSpare(ctx.channel());
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    giveSpare();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(Level.ERROR, "accepting a connection failed", cause);
      pause(ctx.channel());
    } else if (!isOutOfDescriptors(cause)) { // such as a peer that left while it waited
      LOG.log(Level.DEBUG, "a connection could not be accepted", cause);
      pause(ctx.channel());
    } else {
      long before = refused;
      refuse(ctx.channel());
      log();
      if (refused == before) {
        pause(ctx.channel());
      }
    }
  }

  private static boolean isOutOfDescriptors(Throwable cause) {
    if (cause instanceof NativeIoException failure) {
      int errno = Math.abs(failure.expectedErr());
      return errno == EMFILE || errno == ENFILE;
    }
    return String.valueOf(cause.getMessage()).contains("Too many open files");
  }

  /** Accepts and closes what waits, with the descriptor that was in reserve. */
  private void refuse(Channel listener) {
    takeSpare(listener); // it may have been lost the last time
    if (spare == null || !(listener instanceof EpollServerSocketChannel epoll)) {
      return;
    }
    giveSpare();
    try {
      var socket = (Socket) epoll.fd();
      for (int i = 0; i < REFUSED_AT_ONCE; i++) {
        int accepted = socket.accept(address);
        if (accepted < 0) { // nobody waits
          break;
        }
        refused++;
        new Socket(accepted).close();
      }
    } catch (IOException e) { // another thread took the descriptor
      LOG.log(Level.DEBUG, "a connection could not be refused", e);
    } finally {
      takeSpare(listener);
    }
  }

  private void takeSpare(Channel listener) {
    if (spare == null && listener instanceof EpollServerSocketChannel) {
      try {
        spare = FileDescriptor.from("/dev/null");
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "no file descriptor to hold in reserve", e);
      }
    }
  }

  private void giveSpare() {
    var given = spare;
    spare = null;
    if (given != null) {
      try {
        given.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "a file descriptor cannot be closed", e);
      }
    }
  }

  /** Lets what waits wait, for a moment in which the loop does its other work. */
  private static void pause(Channel listener) {
    if (listener.config().isAutoRead()) {
      listener.config().setAutoRead(false);
      Guarded.schedule(
          listener.eventLoop(),
          () -> listener.config().setAutoRead(true),
          PAUSE_MILLIS,
          TimeUnit.MILLISECONDS);
    }
  }

  /** One line at first, then one a minute at most. */
  private void log() {
    long now = ticker.nanos();
    if (!logged || now - loggedAt >= SILENCE_NANOS) {
      logged = true;
      loggedAt = now;
      LOG.log(
          Level.ERROR,
          "out of file descriptors: {0} new connections were refused, or wait"
              + " (remedy: raise ulimit -n, or lower limits.connections)",
          refused);
      refused = 0;
    }
  }
}
