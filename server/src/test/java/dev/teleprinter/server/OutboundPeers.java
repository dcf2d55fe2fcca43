// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Peers over real sockets, well-behaved ones and others, and clients that call them. */
abstract class OutboundPeers {
  static final Duration PATIENCE = Duration.ofSeconds(10);
  static final String OK = "HTTP/1.1 200 OK\r\n";
  static final OutboundRequest ASK = OutboundRequest.of("GET", "/v1/x?a=b");

  final Loops loops = Loops.start(1);
  final List<AutoCloseable> opened = new ArrayList<>();
  final BlockingQueue<String> heads = new LinkedBlockingQueue<>(); // of requests
  ServerSocket listener;

  @BeforeEach
  void listen() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
  }

  @AfterEach
  void close() throws Exception {
    for (var each : opened) {
      each.close();
    }
    listener.close();
    loops.close();
  }

  /** What a peer does with one connection, after a request's head was read. */
  @FunctionalInterface
  interface Peer {
    void answer(Socket socket) throws Exception;
  }

  /** Serves each connection in turn with the next of these, the last one for good. */
  void serve(ServerSocket on, Peer... peers) {
    Thread.ofVirtual()
        .start(() -> {
          for (int i = 0; !on.isClosed(); i++) {
            try (var socket = on.accept()) {
              opened.add(socket);
              peers[Math.min(i, peers.length - 1)].answer(socket);
            } catch (Exception e) {
              heads.add("broke: " + e.getMessage());
            }
          }
        });
  }

  /** Reads a request without a body, byte by byte, so that nothing behind it is taken. */
  void readHead(Socket socket) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("no request");
      }
      head.append((char) next);
    }
    heads.add(head.toString());
  }

  static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  Peer replying(String... replies) {
    return socket -> {
      for (var reply : replies) {
        readHead(socket);
        write(socket, reply);
      }
      awaitEnd(socket);
    };
  }

  static void awaitEnd(Socket socket) {
    try {
      int end = socket.getInputStream().read();
      assertThat(end).isEqualTo(-1);
    } catch (IOException e) {
      assertThat(e).isInstanceOf(SocketException.class); // closed before all of ours was read
    }
  }

  OutboundClient client() {
    return client("http://127.0.0.1:" + listener.getLocalPort(), null, null);
  }

  OutboundClient client(
      String origin, @Nullable ProxySelector proxies, @Nullable SSLContext trust) {
    var client =
        new OutboundClient(
            loops,
            URI.create(origin),
            PATIENCE,
            proxies,
            () -> trust == null ? tlsIsNotAskedFor() : trust);
    opened.add(client);
    return client;
  }

  static SSLContext tlsIsNotAskedFor() {
    throw new AssertionError("TLS");
  }

  static String body(OutboundCall call) throws IOException {
    var all = call.readAll(1 << 20);
    return all == null ? "too long" : new String(all, ISO_8859_1);
  }

  static String get(OutboundClient client) throws IOException {
    var call = client.call(ASK);
    call.send();
    return body(call);
  }

  static String sized(String body) {
    return OK + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  // ---- Replies.
}
