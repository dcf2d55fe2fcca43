// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.ssl.SslHandler;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 connections to one other server, on the event loops, kept for the next call for half a
 * minute. TLS is the JDK's: its trust store, and its check of the host's name. A proxy for HTTP is
 * used where {@link ProxySelector#getDefault} names one. Thread-safe.
 */
public final class OutboundClient implements AutoCloseable {
  private final Loops loops;
  private final URI origin;
  private final String host; // an IPv6 address without its brackets
  private final int port;
  private final boolean safe;
  private final int connectMillis;
  private final @Nullable ProxySelector proxies;
  private final Supplier<SSLContext> trust;

  // Guarded by this.
  private final Deque<OutboundConnection> kept = new ArrayDeque<>();
  private final Set<OutboundConnection> open = new HashSet<>();
  private boolean closed;

  /**
   * A client without connections.
   *
   * @param origin scheme ({@code http} or {@code https}), host and port; its path is not looked at
   * @param connectTimeout for each address of the host, and for the TLS handshake
   */
  public OutboundClient(Loops loops, URI origin, Duration connectTimeout) {
    this(loops, origin, connectTimeout, ProxySelector.getDefault(), OutboundClient::defaultTls);
  }

  /** The same with proxies and trust of its own. TLS is brought up at the first need. */
  OutboundClient(
      Loops loops,
      URI origin,
      Duration connectTimeout,
      @Nullable ProxySelector proxies,
      Supplier<SSLContext> trust) {
    this.loops = loops;
    this.proxies = proxies;
    this.trust = trust;
    this.origin = origin;
    this.safe = origin.getScheme().equalsIgnoreCase("https");
    var name = origin.getHost();
    this.host = name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    this.port = origin.getPort() >= 0 ? origin.getPort() : safe ? 443 : 80;
    this.connectMillis = Math.clamp(connectTimeout.toMillis(), 1, Integer.MAX_VALUE);
  }

  /** {@return a call that has not begun} */
  public OutboundCall call(OutboundRequest request) {
    return new OutboundCall(this, request);
  }

  String hostHeader() {
    return origin.getPort() < 0 ? origin.getHost() : origin.getHost() + ":" + origin.getPort();
  }

  /** {@return the request's target, in the form a proxy needs if there is one that reads it} */
  String target(OutboundRequest request) {
    return !safe && proxy() != null
        ? "http://" + hostHeader() + request.target()
        : request.target();
  }

  private @Nullable InetSocketAddress proxy() {
    for (var proxy : proxies == null ? List.<Proxy>of() : proxies.select(origin)) {
      if (proxy.type() == Proxy.Type.HTTP && proxy.address() instanceof InetSocketAddress address) {
        return address;
      }
      if (proxy.type() == Proxy.Type.DIRECT) {
        return null;
      }
    }
    return null;
  }

  // ---- Connections.

  /** Gives the call a connection, a kept one or a new one, and starts it. Blocks. */
  void connect(OutboundCall call) throws IOException {
    OutboundConnection ready;
    synchronized (this) {
      ready = kept.pollLast(); // the one used last is the least likely to be closed meanwhile
    }
    if (ready != null) {
      call.on(ready);
      ready.startNext(call);
      return;
    }
    var proxy = proxy();
    var failure = new IOException("no address");
    for (var address : addresses(proxy)) {
      try {
        open(call, proxy, address).startFirst(call);
        return;
      } catch (ConnectException | SocketTimeoutException e) {
        failure = e;
      }
    }
    throw failure;
  }

  /** Looked up here, where one may block. What lies behind a proxy, the proxy looks up. */
  private List<InetSocketAddress> addresses(@Nullable InetSocketAddress proxy) throws IOException {
    if (proxy != null && safe) {
      return List.of(InetSocketAddress.createUnresolved(host, port));
    }
    var name = proxy == null ? host : proxy.getHostString();
    var found = new ArrayList<InetSocketAddress>();
    for (var address : InetAddress.getAllByName(name)) {
      found.add(new InetSocketAddress(address, proxy == null ? port : proxy.getPort()));
    }
    return found;
  }

  private OutboundConnection open(
      OutboundCall call, @Nullable InetSocketAddress proxy, InetSocketAddress address)
      throws IOException {
    var channel = loops.newSocket();
    var connection = new OutboundConnection(this, channel);
    var tunnel = proxy != null && safe ? tunnel(proxy) : null;
    var tls = safe ? tls() : null;
    var connecting =
        new Bootstrap()
            .group(loops.group())
            .channelFactory(() -> channel)
            .resolver(NoopAddressResolverGroup.INSTANCE)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.AUTO_CLOSE, false) // a reply may lie behind a failed write
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillis)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel added) {
                    if (tunnel != null) {
                      added.pipeline().addLast(tunnel);
                    }
                    if (tls != null) {
                      added.pipeline().addLast(tls);
                    }
                    added
                        .pipeline()
                        .addLast(new HttpRequestEncoder())
                        .addLast(OutboundConnection.NAME, connection);
                  }
                })
            .connect(address);
    admit(connection, channel);
    call.on(connection);
    await(connecting, connection);
    if (tls != null) {
      await(tls.handshakeFuture(), connection);
    }
    return connection;
  }

  private HttpProxyHandler tunnel(InetSocketAddress proxy) {
    var resolved = new InetSocketAddress(proxy.getHostString(), proxy.getPort());
    var handler = new HttpProxyHandler(resolved);
    handler.setConnectTimeoutMillis(connectMillis);
    return handler;
  }

  private SslHandler tls() {
    var engine = trust.get().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    var parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    engine.setSSLParameters(parameters);
    var handler = new SslHandler(engine);
    handler.setHandshakeTimeoutMillis(connectMillis);
    return handler;
  }

  private static SSLContext defaultTls() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("TLS: not in this JDK", e);
    }
  }

  private static void await(Future<?> step, OutboundConnection connection) throws IOException {
    try {
      step.await();
    } catch (InterruptedException e) {
      connection.close();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    if (step.isSuccess()) {
      return;
    }
    connection.close();
    throw switch (step.cause()) {
      case io.netty.channel.ConnectTimeoutException e -> new SocketTimeoutException(e.getMessage());
      case ProxyConnectException e -> new ConnectException(e.getMessage());
      case IOException e -> e;
      case null, default -> new IOException(step.cause());
    };
  }

  private synchronized void admit(OutboundConnection connection, Channel channel)
      throws IOException {
    if (closed) {
      connection.close();
      throw new IOException("client: closed");
    }
    open.add(connection);
    channel.closeFuture().addListener(_ -> forget(connection));
  }

  /** Keeps it for a next call. On its loop. */
  synchronized void keep(OutboundConnection connection) {
    if (closed) {
      connection.close();
    } else {
      kept.addLast(connection);
    }
  }

  private synchronized void forget(OutboundConnection connection) {
    open.remove(connection);
    kept.remove(connection);
  }

  /** Closes all connections, those in use too. Does not wait. Idempotent. */
  @Override
  public void close() {
    List<OutboundConnection> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(open);
      kept.clear();
    }
    all.forEach(OutboundConnection::close);
  }
}
