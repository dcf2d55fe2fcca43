// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every state of an HTTP/1 connection has a deadline: a test for each row of the table in
 * docs/operations.md. {@code PipeliningProtocolTest} has those for replies that nobody reads,
 * {@code StalledReaderProtocolTest} those for streams.
 */
@Timeout(30)
class Http1DeadlineProtocolTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofHours(1);

  @TempDir Path folder;

  private static ServerConfig config(Duration request, Duration keepAlive) {
    var old = ServerConfig.defaults().timeouts();
    return ServerConfig.defaults()
        .withHost("localhost")
        .withTimeouts(new ServerConfig.Timeouts(request, keepAlive, LONG, LONG, LONG, old.drain()));
  }

  private static TestHub hub(Duration request, Duration keepAlive) throws IOException {
    return new TestHub(config(request, keepAlive), JournalConfig.defaults());
  }

  @Test
  void noByteAfterTheConnectionWasAccepted() throws Exception {
    try (var hub = hub(SHORT, LONG);
        var client = hub.client()) {
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void halfAHead() throws Exception {
    try (var hub = hub(SHORT, LONG);
        var client = hub.client()) {
      assertThat(client.send("GET /healthz HTTP/1.1\r\nHos").read()).isEqualTo(-1);
    }
  }

  @Test
  void halfAHeadOnAKeptConnection() throws Exception {
    try (var hub = hub(SHORT, LONG)) {
      try (var client = hub.client().get("/healthz")) {
        assertThat(client.whole().body()).isEqualTo("ok\n");
        assertThat(client.send("G").read()).isEqualTo(-1);
      }
      try (var client = hub.client()) {
        client.get("/healthz").send("GET /healthz HTTP/1.1\r\n");
        assertThat(client.whole().body()).isEqualTo("ok\n");
        assertThat(client.read()).isEqualTo(-1);
      }
    }
  }

  /** One byte now and then does not move the deadline of a head. */
  @Test
  void aHeadThatDrips() throws Exception {
    try (var hub = hub(SHORT, LONG);
        var client = hub.client()) {
      client.get("/healthz").whole();
      long startNanos = System.nanoTime();
      while (hub.server.connections() > 0) {
        try {
          client.send("x");
        } catch (IOException e) {
          break;
        }
        assertThat(System.nanoTime() - startNanos).isLessThan(TimeUnit.SECONDS.toNanos(10));
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aBodyThatStalls() throws Exception {
    try (var hub = hub(SHORT, LONG)) {
      for (var start : new String[] {"", "abc"}) {
        try (var client = hub.client()) {
          client.get("/healthz").whole();
          client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n" + start);
          assertThat(client.read()).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void aKeptConnectionWithoutARequest() throws Exception {
    try (var hub = hub(LONG, SHORT);
        var client = hub.client()) {
      assertThat(client.get("/healthz").whole().body()).isEqualTo("ok\n");
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  /** It is the handler's own: nothing that the sender could do is awaited. */
  @Test
  void requestsThatWaitBehindAHandler() throws Exception {
    try (var hub = hub(SHORT, SHORT);
        var client = hub.client().get("/later/wait").get("/healthz").get("/hello/x")) {
      hub.asked.await();
      assertThat(hub.left.await(3 * SHORT.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
      hub.later.complete(Response.text(200, "waited"));
      assertThat(client.whole().body()).isEqualTo("waited");
      assertThat(client.whole().body()).isEqualTo("ok\n");
      assertThat(client.whole().body()).isEqualTo("hello x");
    }
  }

  /** Nothing of it is wanted, and nothing of it is kept. */
  @Test
  void anAnsweredBodyThatGoesOn() throws Exception {
    try (var hub = hub(LONG, LONG);
        var client = hub.client()) {
      client.send("POST /ignore HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("ignored");
      assertThat(client.read()).as("the server has ended its side").isEqualTo(-1);
      while (hub.server.connections() > 0) {
        try {
          client.send("x".repeat(1000));
        } catch (IOException e) {
          break;
        }
      }
    }
  }

  @Test
  void aTlsHandshakeThatDoesNotCome() throws Exception {
    var tls = new SelfSigned(folder);
    try (var hub = new TestHub(config(SHORT, LONG).withTls(tls.files), JournalConfig.defaults())) {
      try (var client = hub.client()) {
        assertThat(client.read()).isEqualTo(-1);
      }
      try (var client = hub.client().send(new byte[] {22, 3, 1, 2, 0, 1})) {
        assertThat(client.read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void aTlsConnectionWithoutARequest() throws Exception {
    var tls = new SelfSigned(folder);
    try (var hub =
            new TestHub(
                config(Duration.ofSeconds(2), LONG).withTls(tls.files), JournalConfig.defaults());
        var plain = new Socket(InetAddress.getLoopbackAddress(), hub.server.port());
        var secret =
            tls.client.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        var client = new WireClient(secret)) {
      ((javax.net.ssl.SSLSocket) secret).startHandshake();
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void aRefusedConnectionThatSaysNothing() throws Exception {
    var config = config(SHORT, LONG);
    config = config.withLimits(config.limits().withConnectionsMax(1));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var one = hub.client().get("/later/wait")) {
      hub.asked.await();
      try (var two = hub.client()) {
        assertThat(two.read()).isEqualTo(-1);
      }
      hub.later.complete(Response.text(200, "served"));
      assertThat(one.whole().body()).isEqualTo("served");
    }
  }
}
