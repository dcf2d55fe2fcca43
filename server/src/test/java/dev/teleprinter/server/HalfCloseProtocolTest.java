// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Senders that end their side of the connection, as {@code nc -N} does at the end of its input. */
@Timeout(30)
class HalfCloseProtocolTest {
  @BeforeAll
  static void assumeThatAResetCanBeSeen() {
    Assumptions.assumeTrue(Epoll.isAvailable());
  }

  @Test
  void answersWholeRequestsOfASenderThatEndsItsSide() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.get("/nowhere").get("/hello/a").post("/echo", "b").get("/healthz").endOutput();
      assertThat(client.whole().head().status()).isEqualTo(404);
      assertThat(client.whole().body()).isEqualTo("hello a");
      assertThat(client.whole().body()).isEqualTo("b");
      var last = client.whole();
      assertThat(last.body()).isEqualTo("ok\n");
      assertThat(last.head().header("connection")).isEqualTo("close");
      assertThat(client.rest()).isEmpty();
    }
  }

  /** More than the socket takes at once, more than once. */
  @Test
  void answersWithMoreThanTheSocketTakes() throws Exception {
    var long1 = "x".repeat(12 << 20);
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.post("/echo", long1).post("/echo", "short");
      for (int i = 0; i < 3_000; i++) {
        client.get("/nowhere/" + "y".repeat(200));
      }
      client.get("/later/wait");
      client.endOutput();
      assertThat(client.whole().body()).isEqualTo(long1);
      assertThat(client.whole().body()).isEqualTo("short");
      for (int i = 0; i < 3_000; i++) {
        assertThat(client.whole().head().status()).isEqualTo(404);
      }
      hub.later.complete(Response.text(200, long1));
      assertThat(client.whole().body()).isEqualTo(long1);
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void answersLaterWithoutTellingTheHandlerThatItsClientLeft() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client().get("/later/wait")) {
      hub.asked.await();
      client.endOutput();
      assertThat(client.head().status()).as("a sign of life is asked for").isEqualTo(100);
      assertThat(hub.left.await(300, TimeUnit.MILLISECONDS)).isFalse();
      hub.later.complete(Response.text(200, "later"));
      assertThat(client.whole().body()).isEqualTo("later");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void noticesASenderThatLeaves() throws Exception {
    try (var hub = new TestHub()) {
      var client = hub.client().get("/later/wait");
      hub.asked.await();
      client.close();
      assertThat(hub.left.await(10, TimeUnit.SECONDS)).isTrue();
      while (hub.server.connections() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void noticesAResetAfterTheEnd() throws Exception {
    try (var hub = new TestHub()) {
      var client = hub.client().get("/later/wait");
      hub.asked.await();
      client.endOutput();
      client.reset();
      assertThat(hub.left.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void takesAnEndInMidBodyForACutRequest() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nabc").endOutput();
      var refusal = client.whole();
      assertThat(refusal.head().status()).isEqualTo(400);
      assertThat(refusal.body()).contains("body_cut");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void closesAtAnEndInMidHead() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      client.get("/healthz").send("GET /hello/x HTTP/1.1\r\nHo").endOutput();
      assertThat(client.whole().body()).isEqualTo("ok\n");
      assertThat(client.rest()).isEmpty();
    }
    try (var hub = new TestHub();
        var client = hub.client()) {
      assertThat(client.send("GET /hello/x HTTP/1.1\r\nHo").endOutput().rest()).isEmpty();
    }
  }

  @Test
  void takesASubscriberThatEndsItsSideForOneThatLeft() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client().get("/t/a")) {
      client.head();
      assertThat(client.chunk()).isEqualTo(":\n");
      client.endOutput();
      assertThatThrownBy(client::chunk).isInstanceOf(IOException.class);
      assertThat(hub.server.readers().count()).isZero();
    }
  }

  @Test
  void answersOverAKeptConnectionAfterAStream() throws Exception {
    try (var hub = new TestHub();
        var client = hub.client()) {
      hub.append("a", "1");
      hub.journal.close("a");
      client.get("/t/a?after=0").head();
      while (!client.chunk().isEmpty()) {
        // up to its end
      }
      client.get("/hello/x").endOutput();
      assertThat(client.whole().body()).isEqualTo("hello x");
      assertThat(client.rest()).isEmpty();
    }
  }
}
