// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static dev.teleprinter.server.Http2Wire.CONTINUATION;
import static dev.teleprinter.server.Http2Wire.END_HEADERS;
import static dev.teleprinter.server.Http2Wire.END_STREAM;
import static dev.teleprinter.server.Http2Wire.ENHANCE_YOUR_CALM;
import static dev.teleprinter.server.Http2Wire.HEADERS;
import static dev.teleprinter.server.Http2Wire.PING;
import static dev.teleprinter.server.Http2Wire.PRIORITY;
import static dev.teleprinter.server.Http2Wire.block;
import static dev.teleprinter.server.Http2Wire.exactBlock;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that make work without asking for anything (RFC 9113 10.5): closed, others are served. */
@Timeout(60)
class Http2FloodProtocolTest {
  private static final int MANY = 5_000;

  /** Sends a frame again and again until the connection is closed. */
  private static void assertCalmed(TestHub hub, Flood flood) throws Exception {
    try (var client = new Http2Wire(hub.server.port()).start()) {
      var code = CompletableFuture.supplyAsync(() -> goneWith(client));
      try {
        for (int i = 0; i < MANY && !code.isDone(); i++) {
          flood.send(client, i);
        }
      } catch (SocketException e) {
        assertThat(e).as("it was closed while this client wrote").isNotNull();
      }
      // A reset may have overtaken the GOAWAY on its way here.
      assertThat(code.get(10, TimeUnit.SECONDS)).isIn(ENHANCE_YOUR_CALM, -1);
    }
    while (hub.server.connections() > 0) {
      Thread.onSpinWait();
    }
    assertServes(hub);
  }

  private static int goneWith(Http2Wire client) {
    try {
      return client.goneWith();
    } catch (IOException e) {
      return -2;
    }
  }

  private static void assertServes(TestHub hub) throws IOException {
    try (var other = new Http2Wire(hub.server.port()).start()) {
      other.get(1, "/hello/x");
      assertThat(other.answer(1).body()).isEqualTo("hello x");
    }
  }

  @FunctionalInterface
  private interface Flood {
    void send(Http2Wire client, int number) throws IOException;
  }

  @Test
  void pings() throws Exception {
    try (var hub = new TestHub()) {
      assertCalmed(hub, (client, _) -> client.frame(PING, 0, 0, new byte[8]).flush());
    }
  }

  @Test
  void pingsWhoseAnswersAreNotRead() throws Exception {
    try (var hub = new TestHub()) {
      var socket = new Socket();
      socket.setReceiveBufferSize(1 << 10);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hub.server.port()));
      try (var client = new Http2Wire(socket).start()) {
        for (int i = 0; i < MANY; i++) {
          client.frame(PING, 0, 0, new byte[8]).flush();
        }
      } catch (SocketException e) {
        assertThat(e).as("it was closed while this client wrote").isNotNull();
      }
      while (hub.server.connections() > 0) {
        Thread.onSpinWait();
      }
      assertServes(hub);
    }
  }

  @Test
  void settings() throws Exception {
    try (var hub = new TestHub()) {
      assertCalmed(hub, (client, number) -> client.settings(4, 1_000 + number).flush());
    }
  }

  @Test
  void priorities() throws Exception {
    try (var hub = new TestHub()) {
      assertCalmed(hub, (client, _) -> client.frame(PRIORITY, 0, 1, new byte[5]).flush());
    }
  }

  @Test
  void unknownFrames() throws Exception {
    try (var hub = new TestHub()) {
      assertCalmed(hub, (client, _) -> client.frame(0xfe, 0, 0).flush());
    }
  }

  @Test
  void rapidResets() throws Exception { // CVE-2023-44487
    try (var hub = new TestHub()) {
      assertCalmed(
          hub,
          (client, number) -> {
            client.get(2 * number + 1, "/hello/x");
            client.reset(2 * number + 1).flush();
          });
    }
  }

  @Test
  void resetsThatThePeerCauses() throws Exception { // CVE-2025-8671
    try (var hub = new TestHub()) {
      assertCalmed(
          hub,
          (client, number) ->
              client
                  .headers(2 * number + 1, END_STREAM | END_HEADERS, exactBlock(":method", "GET"))
                  .flush());
    }
  }

  @Test
  void emptyData() throws Exception {
    try (var hub = new TestHub()) {
      assertCalmed(
          hub,
          (client, number) -> {
            if (number == 0) {
              client.post(1, "/stream");
            }
            client.data(1, false, "");
          });
    }
  }

  @Test
  void emptyContinuations() throws Exception { // CVE-2024-27983 and its relatives
    try (var hub = new TestHub()) {
      assertCalmed(
          hub,
          (client, number) -> {
            if (number == 0) {
              client.headers(1, END_STREAM, block(":method", "GET", ":path", "/hello/x"));
            }
            client.frame(CONTINUATION, 0, 1).flush();
          });
    }
  }

  @Test
  void aFewOfEachAreFine() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start()) {
      for (int i = 0; i < 200; i++) {
        client.frame(PING, 0, 0, new byte[8]).settings(4, 70_000 + i).windowUpdate(0, 1).flush();
        client.post(2 * i + 1, "/stream").reset(2 * i + 1).flush();
      }
      client.post(1001, "/echo").data(1001, false, "").data(1001, true, "x");
      assertThat(client.answer(1001).body()).isEqualTo("x");
    }
  }

  @Test
  void moreStreamsThanAllowedAreRefusedOneByOne() throws Exception {
    var config = ServerConfig.defaults();
    var limits = config.limits();
    config =
        config.withLimits(
            new ServerConfig.Limits(
                limits.connectionsMax(),
                limits.connectionsPerAddressMax(),
                10,
                limits.requestHeadBytesMax(),
                limits.requestBodyBytesMax(),
                limits.deliverBytesMax()));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = new Http2Wire(hub.server.port()).start()) {
      for (int i = 0; i < 10; i++) {
        client.get(2 * i + 1, "/t/a?after=0");
        client.next(HEADERS);
      }
      client.get(101, "/hello/x");
      var refused = client.next(Http2Wire.RST_STREAM);
      assertThat(refused.stream()).isEqualTo(101);
      assertThat(refused.error()).as("REFUSED_STREAM, RFC 9113 5.1.2").isEqualTo(7);
      client.reset(1).get(103, "/hello/x");
      assertThat(client.answer(103).body()).isEqualTo("hello x");
    }
  }
}
