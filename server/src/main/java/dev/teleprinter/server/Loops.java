// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The event loops, which own every socket: those of readers and publishers, and those to upstreams.
 * On epoll where it is there, else on the JDK's selectors. Thread-safe.
 */
public final class Loops implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final long CLOSE_SECONDS = 5;

  private final boolean epoll = Epoll.isAvailable();
  private final MultiThreadIoEventLoopGroup group;
  private volatile boolean closed;

  private Loops(int count) {
    group =
        new MultiThreadIoEventLoopGroup(
            count,
            new DefaultThreadFactory("tp-loop", true),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    group.forEach(loop -> loop.terminationFuture().addListener(_ -> ended()));
  }

  /** A loop ends by an error only: its sockets are closed, and nobody serves what was on it. */
  private void ended() {
    if (!closed) {
      LOG.log(
          Level.ERROR,
          "an event loop ended before the server stopped",
          new InternalError("event loop: ended (expected: to run until the server stops)"));
    }
  }

  /**
   * Starts them.
   *
   * @param count how many; 0 for one per processor
   */
  public static Loops start(int count) {
    return new Loops(count > 0 ? count : Runtime.getRuntime().availableProcessors());
  }

  MultiThreadIoEventLoopGroup group() {
    return group;
  }

  List<EventLoop> each() {
    var loops = new ArrayList<EventLoop>();
    group.forEach(executor -> loops.add((EventLoop) executor));
    return loops;
  }

  /** {@return whether the options of epoll's sockets can be set} */
  boolean isEpoll() {
    return epoll;
  }

  Class<? extends ServerChannel> listenerClass() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /**
   * {@return a socket that is not connected yet, nor on a loop}
   *
   * @throws IOException when there is none, such as for lack of file descriptors
   */
  Channel newSocket() throws IOException {
    try {
      return epoll ? new EpollSocketChannel() : new NioSocketChannel();
    } catch (ChannelException e) {
      throw new IOException("socket: " + e.getMessage(), e);
    }
  }

  /** Closes every socket and ends the threads. Waits, 5 seconds at most. Idempotent. */
  @Override
  public void close() {
    closed = true;
    group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
    if (!group.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS)) {
      LOG.log(Level.WARNING, "event loops did not end within {0} s", CLOSE_SECONDS);
    }
  }
}
