// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.MemoryBudget;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What all connections of a server share. Thread-safe. */
final class ServerContext {
  private static final Pattern CURSOR =
      Pattern.compile("[?&](last_event_id|lastEventID|starting_after)=");

  // Connections that get a reason when they are refused. The app leaves file descriptors for so
  // many.
  private static final int REFUSED_MIN = 16;
  private static final int REFUSED_MAX = 512;

  /** The methods that some route has. */
  static final String METHODS = "GET, HEAD, POST, DELETE, OPTIONS";

  private static final String NO_SNIFFING = "X-Content-Type-Options";
  private static final int CLIENTS_MAX = 1000;
  private static final int CLIENT_CHARS_MAX = 200;

  private final ServerConfig config;
  private final Routes routes;
  private final Delivery delivery;
  private final MemoryBudget memory;
  private final Ticker ticker;
  private final RandomGenerator random = RandomGenerator.getDefault();
  private final CorsHeaders cors;
  private final HttpHeaders streamHeaders;
  private final StreamHead streamHead;
  private final Set<Closeable> connections = ConcurrentHashMap.newKeySet();
  private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger refusedOpen = new AtomicInteger();
  private final AtomicLong readers = new AtomicLong();
  private final Map<String, String> clients = new ConcurrentHashMap<>();
  private final Map<EventLoop, ByteBuffer> scratches = new ConcurrentHashMap<>();

  ServerContext(
      ServerConfig config, Routes routes, Delivery delivery, MemoryBudget memory, Ticker ticker) {
    this.config = config;
    this.routes = routes;
    this.delivery = delivery;
    this.memory = memory;
    this.ticker = ticker;
    this.cors = new CorsHeaders(config.cors());
    this.streamHeaders = new DefaultHttpHeaders();
    streamHeaders.set("Content-Type", "text/event-stream");
    streamHeaders.set("Cache-Control", "no-cache, no-transform");
    streamHeaders.set("X-Accel-Buffering", "no");
    streamHeaders.set(NO_SNIFFING, "nosniff");
    this.streamHead = new StreamHead(streamHeaders);
  }

  /** A connection as a stopping server sees it. Any thread. */
  interface Closeable {
    /** Closes now if nothing is being answered, else after the answer. */
    void closeWhenAnswered();

    /** Done when it is closed. */
    Future<?> closedFuture();
  }

  /** What is set when a connection starts. */
  <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("connection: used before it was set up");
    }
    return value;
  }

  ServerConfig config() {
    return config;
  }

  Ticker ticker() {
    return ticker;
  }

  /** {@return the account that requests and replies reserve from} */
  MemoryBudget memory() {
    return memory;
  }

  CorsHeaders cors() {
    return cors;
  }

  /** {@return the head of a whole reply, on either protocol} */
  HttpHeaders replyHeaders(HttpRequest asked, Response.Reply reply) {
    var headers = new DefaultHttpHeaders();
    reply.headers().forEach((name, value) -> headers.set(name, value));
    if (reply.status() != 204 && reply.status() != 304) {
      headers.set("Content-Length", reply.body().length);
    }
    headers.set(NO_SNIFFING, "nosniff");
    cors.apply(asked, headers);
    return headers;
  }

  /** {@return what the head of each stream says} Not to be changed. */
  HttpHeaders streamHeaders() {
    return streamHeaders;
  }

  /** {@return the same as HTTP/1 writes them} */
  StreamHead streamHead() {
    return streamHead;
  }

  Delivery delivery() {
    return delivery;
  }

  LoopDelivery delivery(EventLoop loop) {
    return delivery.of(loop);
  }

  Set<Closeable> connections() {
    return connections;
  }

  /** Chooses the handler, and calls it or says that it may block. On the event loop. */
  Response answer(HttpRequestView request) throws Exception {
    var preflight = cors.preflight(request);
    if (preflight != null) {
      return preflight;
    }
    if (request.isForTheServer()) { // OPTIONS *, RFC 9110 9.3.7
      return Response.noContent().with("Allow", METHODS);
    }
    var match = routes.match(request.method(), request.path());
    request.pathParameters(match.parameters());
    var handler = match.handler();
    return match.onLoop()
        ? handler.handle(request)
        : new Response.Blocking(() -> handler.handle(request));
  }

  Subscription subscription(
      LoopDelivery loop, Response.Subscribe start, HttpRequest asked, Subscription.Outlet outlet) {
    if (start.after() > 0 && hasCursor(asked)) {
      loop.countResumed();
    }
    long now = ticker.nanos();
    long age = config.timeouts().connectionAge().toNanos();
    long share = age - (long) (age * 0.2 * random.nextDouble());
    return new Subscription(
        loop, start, outlet, client(asked), readers.incrementAndGet(), now, now + share);
  }

  private static boolean hasCursor(HttpRequest asked) {
    return asked.headers().contains("Last-Event-ID") || CURSOR.matcher(asked.uri()).find();
  }

  /** Kept once for all readers that say the same: a stream may last for days. */
  private String client(HttpRequest asked) {
    var said = asked.headers().get("User-Agent", "");
    var text = said.length() > CLIENT_CHARS_MAX ? said.substring(0, CLIENT_CHARS_MAX) : said;
    if (clients.size() >= CLIENTS_MAX && !clients.containsKey(text)) {
      return "";
    }
    return clients.computeIfAbsent(text, Function.identity());
  }

  ByteBuffer scratch(EventLoop loop, int bytes) {
    var scratch = scratches.get(loop);
    if (scratch == null || scratch.capacity() < bytes) {
      scratch = ByteBuffer.allocateDirect(Math.max(bytes, 64 << 10));
      scratches.put(loop, scratch);
    }
    return scratch.clear();
  }

  /** {@return what makes requests of bytes, and bytes of responses, for one connection} */
  Http1Codec newHttpCodec() {
    int headBytes = config.limits().requestHeadBytesMax();
    return new Http1Codec(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(headBytes)
            .setMaxHeaderSize(headBytes)
            .setMaxChunkSize(64 << 10));
  }

  // ---- Connections.

  /** Counts a connection in. Returns whether it is one too many, which takes nobody's place. */
  boolean admit(InetAddress address) {
    boolean many = open.incrementAndGet() > config.limits().connectionsMax();
    int mine = byAddress.merge(address, 1, Integer::sum);
    boolean refused =
        many || (!address.isLoopbackAddress() && mine > config.limits().connectionsPerAddressMax());
    if (refused) {
      dismiss(address, false);
      refusedOpen.incrementAndGet();
    }
    return refused;
  }

  /** Whether so many are open that not even a refusal is affordable. */
  boolean isOverrun() {
    int max = config.limits().connectionsMax();
    return refusedOpen.get() > Math.clamp(max / 10, REFUSED_MIN, REFUSED_MAX);
  }

  /** Counts a connection out. */
  void dismiss(InetAddress address, boolean refused) {
    if (refused) {
      refusedOpen.decrementAndGet();
      return;
    }
    open.decrementAndGet();
    byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
  }

  void opened(Closeable connection) {
    connections.add(connection);
  }

  void closed(Closeable connection) {
    connections.remove(connection);
  }
}
