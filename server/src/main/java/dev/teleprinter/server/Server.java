// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Journal;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/** A listening server: HTTP in front of handlers, and delivery from a journal. Thread-safe. */
public final class Server implements AutoCloseable {
  private static final String LEAK_DETECTION = "io.netty.leakDetection.level";

  static {
    if (System.getProperty(LEAK_DETECTION) == null) {
      // A sampled stack trace of every 128th buffer costs a twentieth of a busy loop. Tests do it.
      ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }
  }

  private final ServerConfig config;
  private final EventLoopGroup group;
  private final Delivery delivery;
  private final ServerContext context;
  private final Channel listener;
  private final Ticker ticker = Ticker.system();
  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(
      ServerConfig config,
      EventLoopGroup group,
      Delivery delivery,
      ServerContext context,
      Channel listener) {
    this.config = config;
    this.group = group;
    this.delivery = delivery;
    this.context = context;
    this.listener = listener;
  }

  /**
   * Binds and starts. The routes must be complete; {@code GET /healthz} is added to them.
   *
   * @throws IOException when the address cannot be listened on
   * @throws IllegalArgumentException when the TLS files are no good
   */
  public static Server start(ServerConfig config, RoutesFactory routes, Journal journal)
      throws IOException {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    int loops = config.loops() > 0 ? config.loops() : Runtime.getRuntime().availableProcessors();
    var group =
        new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory("tp-loop", true), io);
    try {
      var delivery = new Delivery(journal, loops(group), config, Ticker.system());
      var all =
          routes.routes(delivery).addOnLoop("GET", "/healthz", _ -> Response.text(200, "ok\n"));
      var context =
          new ServerContext(config, all, delivery, Ticker.system(), RandomGenerator.getDefault());
      var bootstrap =
          new ServerBootstrap()
              .group(group)
              .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
              .option(ChannelOption.SO_BACKLOG, 4096)
              .option(ChannelOption.SO_REUSEADDR, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childOption(ChannelOption.SO_KEEPALIVE, true)
              .childHandler(new ConnectionSetup(context, Tls.context(config.tls())));
      if (epoll) {
        // Half-open peers: unacknowledged bytes, heartbeats among them, end the connection.
        bootstrap.childOption(
            EpollChannelOption.TCP_USER_TIMEOUT, (int) config.timeouts().write().toMillis());
      }
      var bound = bootstrap.bind(config.host(), config.port()).awaitUninterruptibly();
      if (!bound.isSuccess()) {
        throw new IOException(
            "listen: " + config.host() + ":" + config.port() + ": " + bound.cause().getMessage(),
            bound.cause());
      }
      return new Server(config, group, delivery, context, bound.channel());
    } catch (IOException | RuntimeException e) {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw e;
    }
  }

  /** Makes the routes of a server, given who reads what. */
  @FunctionalInterface
  public interface RoutesFactory {
    /** Called once, before the server listens. */
    Routes routes(Readers readers);
  }

  private static List<EventLoop> loops(EventLoopGroup group) {
    var loops = new ArrayList<EventLoop>();
    group.forEach(executor -> loops.add((EventLoop) executor));
    return loops;
  }

  /** {@return the port it listens on} */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** {@return who reads what} */
  public Readers readers() {
    return delivery;
  }

  /** {@return connections open now} */
  public int connections() {
    return context.connections().size();
  }

  /**
   * Stops: no new connections; subscribers that can resume are let go one after the other over at
   * most the drain time, the others and running handlers may finish within it. Waits. Idempotent.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    listener.close().awaitUninterruptibly();
    long drainNanos = config.timeouts().drain().toNanos();
    long end = ticker.nanos() + drainNanos;
    delivery.loops().forEach(loop -> loop.letGo(drainNanos / 2));
    context.connections().forEach(ServerContext.Closeable::closeWhenAnswered);
    for (var connection : context.connections()) {
      long left = Math.max(0, end - ticker.nanos());
      connection.closedFuture().awaitUninterruptibly(left, TimeUnit.NANOSECONDS);
    }
    delivery.loops().forEach(LoopDelivery::close);
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
