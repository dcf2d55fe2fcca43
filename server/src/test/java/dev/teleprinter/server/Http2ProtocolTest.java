// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.sse.Event;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 by ALPN with the JDK's client, and by prior knowledge with curl. */
@Timeout(60)
class Http2ProtocolTest {
  @TempDir Path folder;

  private static HttpRequest get(TestHub hub, String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + hub.server.port() + path))
        .build();
  }

  @Test
  void servesHundredsOfReadersOnOneConnection() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = HttpClient.newBuilder().sslContext(tls.client).build();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(client.send(get(hub, "/hello/x"), BodyHandlers.ofString()).body())
          .isEqualTo("hello x");
      hub.append("a", "0");
      var ledgers = new ArrayList<Future<Long>>();
      var streams = new ArrayList<HttpResponse<InputStream>>();
      for (int i = 0; i < 300; i++) {
        var stream = client.send(get(hub, "/t/a?after=0"), BodyHandlers.ofInputStream());
        assertThat(stream.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(stream.headers().firstValue("content-type")).hasValue("text/event-stream");
        streams.add(stream);
      }
      for (var stream : streams) {
        ledgers.add(threads.submit(() -> readInOrder(stream.body())));
      }
      for (int i = 1; i < 2_000; i++) {
        hub.journal.submit(Append.to("a", Event.of("" + i)));
      }
      hub.journal.append(Append.to("a", Event.of("2000")).andClose());
      for (var ledger : ledgers) {
        assertThat(ledger.get(30, TimeUnit.SECONDS)).isEqualTo(2_001);
      }
      assertThat(hub.server.connections()).isEqualTo(1);
      assertThat(hub.server.readers().count("a")).isZero();
    }
  }

  /** {@return how many events came, each the next number} */
  private static long readInOrder(InputStream body) throws Exception {
    long next = 0;
    try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data: ")) {
          assertThat(Long.parseLong(line.substring(6))).isEqualTo(next);
          next++;
        }
      }
    }
    return next;
  }

  @Test
  void holdsBackForAReaderThatDoesNotRead() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = HttpClient.newBuilder().sslContext(tls.client).build()) {
      var stalled = client.send(get(hub, "/t/big?after=0"), BodyHandlers.ofInputStream());
      var healthy = client.send(get(hub, "/t/small?after=0"), BodyHandlers.ofInputStream());
      var data = "x".repeat(50_000);
      for (int i = 0; i < 500; i++) {
        hub.append("big", i + data);
      }
      // The stalled stream's window is full; its neighbour on the same connection is not held up.
      hub.journal.append(Append.to("small", Event.of("0")).andClose());
      assertThat(readInOrder(healthy.body())).isEqualTo(1);
      hub.journal.close("big");
      var text = new String(stalled.body().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text.split("\n\n")).hasSize(500);
    }
  }

  @Test
  void takesBodiesAndRefusesTooLargeOnes() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    config = config.withLimits(config.limits().withRequestBodyBytesMax(2_000_000));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = HttpClient.newBuilder().sslContext(tls.client).build()) {
      var uri = URI.create("https://localhost:" + hub.server.port() + "/echo");
      var body = "é".repeat(900_000);
      var whole = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build();
      assertThat(client.send(whole, BodyHandlers.ofString()).body()).isEqualTo(body);
      var large =
          HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString("x".repeat(2_000_001))).build();
      var refusal = client.send(large, BodyHandlers.ofString());
      assertThat(refusal.statusCode()).isEqualTo(413);
      assertThat(refusal.body()).contains("body_too_large");
      assertThat(client.send(get(hub, "/nowhere"), BodyHandlers.ofString()).body())
          .contains("not_found");
    }
  }

  @Test
  void aSenderWhoseBodyIsNotReadMaySendIt() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = HttpClient.newBuilder().sslContext(tls.client).build()) {
      client.send(get(hub, "/healthz"), BodyHandlers.ofString()); // one connection for all
      var held = new CountDownLatch(18); // blocks of 16 KiB: more than is held for a handler
      var body =
          new ByteArrayInputStream(new byte[2_000_000]) {
            @Override
            public int read(byte[] into, int from, int length) {
              held.countDown();
              return super.read(into, from, length);
            }
          };
      var uri = URI.create("https://localhost:" + hub.server.port() + "/later/wait");
      var unread =
          HttpRequest.newBuilder(uri).POST(BodyPublishers.ofInputStream(() -> body)).build();
      var reply = client.sendAsync(unread, BodyHandlers.ofString());
      held.await();
      client.send(get(hub, "/healthz"), BodyHandlers.ofString()); // behind what was sent
      hub.later.complete(Response.text(200, "unread"));
      assertThat(reply.get(10, TimeUnit.SECONDS).body()).isEqualTo("unread");
    }
  }

  @Test
  void speaksHttp2ByPriorKnowledge() throws Exception {
    try (var hub = new TestHub()) {
      hub.append("a", "one");
      hub.journal.append(Append.to("a", Event.of("last")).andClose());
      Process curl;
      try {
        curl =
            new ProcessBuilder(
                    "curl",
                    "-sNi",
                    "--http2-prior-knowledge",
                    "http://127.0.0.1:" + hub.server.port() + "/t/a?after=0")
                .start();
      } catch (java.io.IOException e) {
        Assumptions.abort("curl is not installed: " + e.getMessage());
        return;
      }
      var text = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text)
          .startsWith("HTTP/2 200")
          .endsWith(":\n" + hub.block(1, "one") + hub.block(2, "last"));
    }
  }

  @Test
  void aConnectionThatIsResetIsGoneWithoutAWord() throws Exception {
    var said = new LinkedBlockingQueue<LogRecord>();
    var pipelines = Logger.getLogger("io.netty.channel.DefaultChannelPipeline");
    var listener =
        new StreamHandler() {
          @Override
          public void publish(LogRecord record) {
            said.add(record);
          }
        };
    pipelines.addHandler(listener);
    try (var hub = new TestHub()) {
      var client = hub.client().send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      client.send("\0\0\0\4\0\0\0\0\0"); // empty SETTINGS, RFC 9113 6.5
      // GET /t/a: HEADERS, RFC 9113 6.2, the names and values as RFC 7541 has them.
      client.send("\0\0\24\1\5\0\0\0\1" + "\2\3GET" + "\6\4http" + "\4\4/t/a" + "\1\1t");
      for (int i = 0; i < 60; i++) {
        client.read(); // the head of the stream has begun: it is a reader
      }
      client.reset();
      while (hub.server.connections() > 0) {
        Thread.onSpinWait();
      }
      assertThat(said).isEmpty();
    } finally {
      pipelines.removeHandler(listener);
    }
  }
}
