// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.JournalConfig;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are sent before the replies to those before them were read. */
@Timeout(60)
class PipeliningProtocolTest {
  private static final long SENT_MAX = 24 << 20; // more than the kernel's buffers hold
  private static final String PADDING = "x".repeat(1_000); // fewer of them fill the buffers
  private static final long STALLED_NANOS = Duration.ofMillis(700).toNanos();

  @Test
  void readsNoFurtherRequestsWhileRepliesAreNotRead() throws Exception {
    try (var hub = new TestHub();
        var client = connect(hub)) {
      int requests = sendUntilStalled(client);
      assertThat((long) requests * request(0).length).isLessThan(SENT_MAX);
      client.configureBlocking(true);
      var in = new BufferedInputStream(client.socket().getInputStream(), 1 << 16);
      for (int i = 0; i < requests; i++) {
        assertThat(reply(in)).contains("path: /nowhere/%07d ".formatted(i));
      }
    }
  }

  /** Its replies come from threads of their own, one after the other. */
  @ParameterizedTest
  @ValueSource(ints = {1, 40_000})
  void answersAllOfASenderThatReadsLate(int bytes) throws Exception {
    int requests = 400_000 / bytes + 100;
    try (var hub = new TestHub();
        var socket = new Socket(InetAddress.getLoopbackAddress(), hub.server.port())) {
      var sent =
          CompletableFuture.runAsync(() -> {
            for (int i = 0; i < requests && i < 5_000; i++) {
              echo(socket, bytes, i);
            }
          });
      var in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      for (int i = 0; i < requests && i < 5_000; i++) {
        assertThat(reply(in)).isEqualTo("x".repeat(bytes) + i);
      }
      sent.join();
    }
  }

  @Test
  void resetsAConnectionWhoseRepliesNobodyReads() throws Exception {
    var config = ServerConfig.defaults();
    var timeouts = config.timeouts().withWrite(Duration.ofSeconds(1));
    try (var hub = new TestHub(config.withTimeouts(timeouts), JournalConfig.defaults());
        var client = connect(hub)) {
      assertThatThrownBy(
              () -> {
                while (true) {
                  sendUntilStalled(client);
                }
              })
          .isInstanceOf(IOException.class);
      while (hub.server.connections() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void keepsAConnectionWhoseLongReplyIsReadSlowly() throws Exception {
    var config = ServerConfig.defaults();
    var limit = Duration.ofSeconds(4);
    var old = config.timeouts();
    var timeouts =
        new ServerConfig.Timeouts(
            limit, limit, old.heartbeat(), limit, old.connectionAge(), old.drain());
    var body = "y".repeat(14 << 20);
    try (var hub = new TestHub(config.withTimeouts(timeouts), JournalConfig.defaults());
        var client = connect(hub)) {
      client.configureBlocking(true);
      echo(client.socket(), body);
      var in = client.socket().getInputStream();
      int pieces = 20; // longer than any of the timeouts
      int rest = 0;
      for (int i = 0; i < pieces; i++) {
        in.skipNBytes(1 << 19);
        rest += 1 << 19;
        long until = System.nanoTime() + Duration.ofMillis(300).toNanos();
        while (System.nanoTime() < until) {
          Thread.onSpinWait();
        }
      }
      in.skipNBytes(body.length() - rest);
    }
  }

  private static SocketChannel connect(TestHub hub) throws IOException {
    var client = SocketChannel.open();
    client.setOption(StandardSocketOptions.SO_RCVBUF, 32 << 10);
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hub.server.port()));
    return client;
  }

  /** Sends whole requests; returns how many. */
  private static int sendUntilStalled(SocketChannel client) throws IOException {
    client.configureBlocking(false);
    int sent = 0;
    long bytes = 0;
    var next = ByteBuffer.wrap(request(0));
    long movedNanos = System.nanoTime();
    while (bytes < SENT_MAX && System.nanoTime() - movedNanos < STALLED_NANOS) {
      int written = client.write(next);
      if (written > 0) {
        bytes += written;
        movedNanos = System.nanoTime();
      }
      if (!next.hasRemaining()) {
        sent++;
        next = ByteBuffer.wrap(request(sent));
      }
    }
    return sent;
  }

  private static byte[] request(int number) {
    return "GET /nowhere/%07d?%s HTTP/1.1\r\nHost: t\r\n\r\n"
        .formatted(number, PADDING)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void echo(Socket socket, int bytes, int number) {
    echo(socket, "x".repeat(bytes) + number);
  }

  private static void echo(Socket socket, String body) {
    try {
      socket
          .getOutputStream()
          .write(
              "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(body.length(), body)
                  .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String reply(InputStream in) throws IOException {
    int length = 0;
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.startsWith("content-length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    return new String(in.readNBytes(length), StandardCharsets.US_ASCII);
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed in the middle of a line: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.US_ASCII).toLowerCase(java.util.Locale.ROOT);
  }
}
