// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A listening server: HTTP in front of handlers, and delivery from a journal. Thread-safe. */
public final class Server implements AutoCloseable {
  private static final String LEAK_DETECTION = "io.netty.leakDetection.level";
  private static final long USER_TIMEOUTS = 4; // write timeouts: thousands can be shed before

  // Of a listener, where Netty knows them only of connections: level and number, socket(7), tcp(7).
  private static final ChannelOption<Integer> KEEP_ALIVE =
      new IntegerUnixChannelOption("SO_KEEPALIVE", 1, 9);
  private static final ChannelOption<Integer> USER_TIMEOUT =
      new IntegerUnixChannelOption("TCP_USER_TIMEOUT", 6, 18);

  static {
    // Without looking for other loggers in every jar first, which are not there.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    if (System.getProperty(LEAK_DETECTION) == null) {
      // A sampled stack trace of every 128th buffer costs a twentieth of a busy loop. Tests do it.
      ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }
  }

  private final ServerConfig config;
  private final Loops loops;
  private final Delivery delivery;
  private final ServerContext context;
  private final Channel listener;
  private final Ticker ticker;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(
      ServerConfig config,
      Loops loops,
      Delivery delivery,
      ServerContext context,
      Channel listener,
      Ticker ticker) {
    this.config = config;
    this.loops = loops;
    this.delivery = delivery;
    this.context = context;
    this.listener = listener;
    this.ticker = ticker;
  }

  /**
   * Binds and starts. The routes must be complete; {@code GET /healthz} is added to them.
   *
   * @param memory what requests and replies reserve from
   * @throws IOException when the address cannot be listened on
   * @throws IllegalArgumentException when the TLS files are no good
   */
  public static Server start(
      ServerConfig config, RoutesFactory routes, Journal journal, MemoryBudget memory)
      throws IOException {
    return start(config, routes, journal, memory, Ticker.system());
  }

  /** The same with another time. */
  static Server start(
      ServerConfig config,
      RoutesFactory routes,
      Journal journal,
      MemoryBudget memory,
      Ticker ticker)
      throws IOException {
    var loops = Loops.start(config.loops());
    try {
      var delivery = new Delivery(journal, loops.each(), config, ticker);
      return start(config, routes, memory, ticker, loops, delivery);
    } catch (IOException | RuntimeException e) {
      loops.close();
      throw e;
    }
  }

  private static Server start(
      ServerConfig config,
      RoutesFactory routes,
      MemoryBudget memory,
      Ticker ticker,
      Loops loops,
      Delivery delivery)
      throws IOException {
    var all =
        routes
            .routes(delivery, loops)
            .addOnLoop("GET", "/healthz", _ -> Response.text(200, "ok\n"));
    var context = new ServerContext(config, all, delivery, memory, ticker);
    var bootstrap =
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.listenerClass())
            .option(ChannelOption.SO_BACKLOG, 4096)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(new ConnectionSetup(context, Tls.context(config.tls())));
    if (loops.isEpoll()) {
      // What is accepted inherits both, tcp(7): a system call less for each connection and option.
      // Who acknowledges nothing is shed by Upkeep, one by one; this is for what is no subscriber.
      bootstrap.option(KEEP_ALIVE, 1).option(USER_TIMEOUT, userTimeoutMillis(config));
    } else {
      bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
    }
    var bound = bootstrap.bind(config.host(), config.port()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "listen: " + config.host() + ":" + config.port() + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    return new Server(config, loops, delivery, context, bound.channel(), ticker);
  }

  private static int userTimeoutMillis(ServerConfig config) {
    return (int) Math.min(Integer.MAX_VALUE, USER_TIMEOUTS * config.timeouts().write().toMillis());
  }

  /** Makes the routes of a server, given who reads what, and the loops its sockets are on. */
  @FunctionalInterface
  public interface RoutesFactory {
    /** Called once, before the server listens. */
    Routes routes(Readers readers, Loops loops);
  }

  /** {@return who delivers} */
  Delivery delivery() {
    return delivery;
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
    loops.close();
  }
}
