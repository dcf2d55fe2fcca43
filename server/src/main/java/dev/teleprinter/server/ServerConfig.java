// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the server listens and what it allows. Immutable.
 *
 * @param host the address to listen on
 * @param port the port; 0 for any free one
 * @param loops event loops; 0 for one per processor
 * @param limits sizes and counts
 * @param timeouts times
 * @param cors which other origins' pages may talk to it
 * @param tls certificate and key; null for cleartext
 */
public record ServerConfig(
    String host,
    int port,
    int loops,
    Limits limits,
    Timeouts timeouts,
    Cors cors,
    @Nullable TlsFiles tls) {

  /** 127.0.0.1:8080, a loop per processor, and the defaults of each part. */
  public static ServerConfig defaults() {
    return new ServerConfig(
        "127.0.0.1", 8080, 0, Limits.defaults(), Timeouts.defaults(), Cors.none(), null);
  }

  /** {@return the same on another host} */
  public ServerConfig withHost(String newHost) {
    return new ServerConfig(newHost, port, loops, limits, timeouts, cors, tls);
  }

  /** {@return the same on another port} */
  public ServerConfig withPort(int newPort) {
    return new ServerConfig(host, newPort, loops, limits, timeouts, cors, tls);
  }

  /** {@return the same with another number of loops} */
  public ServerConfig withLoops(int newLoops) {
    return new ServerConfig(host, port, newLoops, limits, timeouts, cors, tls);
  }

  /** {@return the same with other limits} */
  public ServerConfig withLimits(Limits newLimits) {
    return new ServerConfig(host, port, loops, newLimits, timeouts, cors, tls);
  }

  /** {@return the same with other timeouts} */
  public ServerConfig withTimeouts(Timeouts newTimeouts) {
    return new ServerConfig(host, port, loops, limits, newTimeouts, cors, tls);
  }

  /** {@return the same with other origins} */
  public ServerConfig withCors(Cors newCors) {
    return new ServerConfig(host, port, loops, limits, timeouts, newCors, tls);
  }

  /** {@return the same with TLS, or for null without} */
  public ServerConfig withTls(@Nullable TlsFiles newTls) {
    return new ServerConfig(host, port, loops, limits, timeouts, cors, newTls);
  }

  /**
   * Where TLS finds what it needs: PEM files, read once at start. Immutable.
   *
   * @param certificate the chain, the server's own first
   * @param key its private key, PKCS#8, without a password
   */
  public record TlsFiles(Path certificate, Path key) {}

  /**
   * Sizes and counts. Immutable.
   *
   * @param connectionsMax connections at one time; beyond it a request gets 503 {@code
   *     too_many_connections}, an EventSource an empty stream that tells it to come back
   * @param connectionsPerAddressMax the same for one remote address that is not loopback
   * @param streamsPerConnectionMax requests and subscribers on one HTTP/2 connection
   * @param requestHeadBytesMax request line and headers: 414 and 431 beyond
   * @param requestBodyBytesMax a body that a handler takes whole: 413 beyond
   * @param deliverBytesMax written to one subscriber in one pass over its topic
   */
  public record Limits(
      int connectionsMax,
      int connectionsPerAddressMax,
      int streamsPerConnectionMax,
      int requestHeadBytesMax,
      int requestBodyBytesMax,
      int deliverBytesMax) {
    /**
     * 18,000 connections, 1,000 per address, 1,000 streams, 16 KiB of head, 16 MiB of body, 256 KiB
     * a pass.
     */
    public static Limits defaults() {
      return new Limits(18_000, 1_000, 1_000, 16 << 10, 16 << 20, 256 << 10);
    }

    /** {@return the same with another bound on connections} */
    public Limits withConnectionsMax(int connections) {
      return new Limits(
          connections,
          connectionsPerAddressMax,
          streamsPerConnectionMax,
          requestHeadBytesMax,
          requestBodyBytesMax,
          deliverBytesMax);
    }

    /** {@return the same with another bound on bodies} */
    public Limits withRequestBodyBytesMax(int bytes) {
      return new Limits(
          connectionsMax,
          connectionsPerAddressMax,
          streamsPerConnectionMax,
          requestHeadBytesMax,
          bytes,
          deliverBytesMax);
    }
  }

  /**
   * Times. Immutable.
   *
   * @param request for a request's head to come, and for its body to move: the connection is closed
   * @param keepAlive a connection without a request: closed
   * @param heartbeat a subscriber that was sent nothing: gets a comment
   * @param write a subscriber that takes nothing of what waits for it: shed
   * @param connectionAge a subscriber that can resume is ended somewhere in the last fifth of it,
   *     so that a fleet rotates smoothly
   * @param drain for subscribers and handlers to end when the server stops
   */
  public record Timeouts(
      Duration request,
      Duration keepAlive,
      Duration heartbeat,
      Duration write,
      Duration connectionAge,
      Duration drain) {
    /** 15 s request, 75 s keep-alive, 15 s heartbeat, 30 s write, 4 h age, 5 s drain. */
    public static Timeouts defaults() {
      return new Timeouts(
          Duration.ofSeconds(15),
          Duration.ofSeconds(75),
          Duration.ofSeconds(15),
          Duration.ofSeconds(30),
          Duration.ofHours(4),
          Duration.ofSeconds(5));
    }

    /** {@return the same with another heartbeat} */
    public Timeouts withHeartbeat(Duration newHeartbeat) {
      return new Timeouts(request, keepAlive, newHeartbeat, write, connectionAge, drain);
    }

    /** {@return the same with another request timeout} */
    public Timeouts withRequest(Duration newRequest) {
      return new Timeouts(newRequest, keepAlive, heartbeat, write, connectionAge, drain);
    }

    /** {@return the same with another write timeout} */
    public Timeouts withWrite(Duration newWrite) {
      return new Timeouts(request, keepAlive, heartbeat, newWrite, connectionAge, drain);
    }

    /** {@return the same with another connection age} */
    public Timeouts withConnectionAge(Duration newAge) {
      return new Timeouts(request, keepAlive, heartbeat, write, newAge, drain);
    }

    /** {@return the same with another drain time} */
    public Timeouts withDrain(Duration newDrain) {
      return new Timeouts(request, keepAlive, heartbeat, write, connectionAge, newDrain);
    }
  }

  /**
   * Cross-origin requests (Fetch, CORS protocol). Immutable.
   *
   * @param origins exact origins, or the one entry {@code *} for any
   * @param credentials whether cookies are allowed; only with exact origins
   */
  public record Cors(List<String> origins, boolean credentials) {
    /** Refuses credentials for any origin: it would hand every visitor's rights to every page. */
    public Cors {
      origins = List.copyOf(origins);
      if (credentials && origins.contains("*")) {
        throw new IllegalArgumentException(
            "cors: credentials with origin * (expected: the origins by name)");
      }
    }

    /** No other origin. */
    public static Cors none() {
      return new Cors(List.of(), false);
    }

    /** {@return whether a page of this origin may read what the server answers} */
    public boolean allows(String origin) {
      return origins.contains("*") || origins.contains(origin);
    }
  }
}
