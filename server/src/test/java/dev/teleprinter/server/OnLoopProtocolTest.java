// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Journal.Recorded;
import dev.teleprinter.journal.JournalConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Handlers that are called on the event loop, and what they say is found out later. */
@Timeout(30)
class OnLoopProtocolTest {
  @TempDir private Path folder;

  @Test
  void answersInOrderWhateverThreadAnAnswerComesFrom() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      var all = new StringBuilder();
      for (int i = 0; i < 300; i++) {
        all.append("POST /append/a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n1");
        all.append("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n");
        all.append("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc");
        all.append("GET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n");
      }
      client.send(all.toString());
      for (int i = 1; i <= 300; i++) {
        assertThat(client.whole().body()).isEqualTo("" + i);
        assertThat(client.whole().body()).isEqualTo("ok\n");
        assertThat(client.whole().body()).isEqualTo("abc");
        assertThat(client.whole().head().status()).isEqualTo(404);
      }
    }
  }

  @Test
  void subscribesOnTheLoopBehindOtherRequests() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send(
          "POST /append/a HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\n1"
              + "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
              + "GET /loop/t/a?after=0 HTTP/1.1\r\nHost: t\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("1");
      assertThat(client.whole().body()).isEqualTo("ok\n");
      assertThat(client.head().header("content-type")).isEqualTo("text/event-stream");
      assertThat(client.chunk()).isEqualTo(":\n");
      assertThat(client.chunk()).isEqualTo(hub.block(1, "1"));
      hub.append("a", "2");
      assertThat(client.chunk()).isEqualTo(hub.block(2, "2"));
    }
  }

  @Test
  void answersOnAConnectionAfterItsStreamEnded() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      hub.append("a", "1");
      hub.journal.close("a");
      client.get("/loop/t/a?after=0").head();
      assertThat(client.chunk() + client.chunk()).isEqualTo(":\n" + hub.block(1, "1"));
      assertThat(client.chunk()).isEmpty();
      assertThat(client.get("/healthz").whole().body()).isEqualTo("ok\n");
    }
  }

  @Test
  void takesABodyThatComesLaterByAThread() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send(
          "POST /append/a HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n"
              + "Expect: 100-continue\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(100);
      client.send("abc");
      assertThat(client.whole().body()).isEqualTo("1");
      client.send("POST /append/a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertThat(client.whole().body()).isEqualTo("2");
      assertThat(client.post("/append/a", "x".repeat(1001)).whole().body()).isEqualTo("3");
      assertThat(data(hub.journal.list("a", 0, 10)))
          .containsExactly("abc", "abcde", "x".repeat(1001));
    }
  }

  @Test
  void makesProblemsOfWhatFailsOnTheLoopOrLater() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      for (var target : List.of("/loop/bug", "/later/bug")) {
        var bug = client.get(target).whole();
        assertThat(bug.head().status()).isEqualTo(500);
        assertThat(bug.body()).contains("internal_error").doesNotContain("secret");
      }
      var refused = client.get("/later/refused").whole();
      assertThat(refused.head().status()).isEqualTo(409);
      assertThat(refused.body()).contains("\"code\":\"no\"");
    }
  }

  @Test
  void tellsWhoWaitsForALaterAnswerThatTheSenderLeft() throws Exception {
    try (var hub = new TestHub()) {
      var leaver = hub.client().get("/later/wait");
      hub.asked.await();
      leaver.close();
      assertThat(hub.left.await(10, TimeUnit.SECONDS)).isTrue();
      hub.later.complete(Response.text(200, "too late")); // harms nobody
      try (var other = hub.client()) {
        assertThat(other.get("/healthz").whole().body()).isEqualTo("ok\n");
      }
    }
  }

  @Test
  void waitsForALaterAnswerBeforeItStops() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client().get("/later/wait")) {
      hub.asked.await();
      var stopping = CompletableFuture.runAsync(hub.server::close);
      while (isListening(hub)) {
        Thread.onSpinWait();
      }
      hub.later.complete(Response.text(200, "in time"));
      assertThat(client.whole().body()).isEqualTo("in time");
      assertThat(client.rest()).isEmpty();
      stopping.get(20, TimeUnit.SECONDS);
    }
  }

  private static boolean isListening(TestHub hub) {
    try (var _ = hub.client()) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void doesTheSameOverHttp2() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = HttpClient.newBuilder().sslContext(tls.client).build()) {
      assertThat(send(client, hub, "first").get().body()).isEqualTo("1");
      var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
      for (int i = 2; i <= 50; i++) {
        answers.add(send(client, hub, i % 2 == 0 ? "short" : "long".repeat(10_000)));
      }
      var sequences = answers.stream().map(answer -> answer.join().body()).toList();
      assertThat(sequences)
          .containsExactlyInAnyOrderElementsOf(
              IntStream.rangeClosed(2, 50).mapToObj(String::valueOf).toList());
      assertThat(answers.get(0).join().version()).isEqualTo(HttpClient.Version.HTTP_2);
      hub.journal.close("a");
      assertThat(get(client, hub, "/loop/t/a?after=0").body()).contains("data: first");
      assertThat(get(client, hub, "/loop/bug").statusCode()).isEqualTo(500);
      assertThat(get(client, hub, "/later/refused").statusCode()).isEqualTo(409);
    }
  }

  private static CompletableFuture<HttpResponse<String>> send(
      HttpClient client, TestHub hub, String body) {
    var uri = URI.create("https://localhost:" + hub.server.port() + "/append/a");
    return client.sendAsync(
        HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(HttpClient client, TestHub hub, String target)
      throws Exception {
    var uri = URI.create("https://localhost:" + hub.server.port() + target);
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }

  private static List<String> data(List<Recorded> events) {
    return events.stream().map(recorded -> recorded.event().data()).toList();
  }
}
