// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies against one account of memory, on real sockets. */
@Timeout(60)
class RequestMemoryProtocolTest {
  private static final int BUDGET = 8 << 20;

  private final MemoryBudget memory = new MemoryBudget(BUDGET);

  @Test
  void refusesALargeBodyByItsLengthAndServesASmallOne() throws Exception {
    memory.reserveAlways(Holder.ANSWERS, BUDGET / 4 * 3);
    try (var hub = new TestHub(memory);
        var large = hub.client();
        var small = hub.client()) {
      large.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
      var refusal = large.whole();
      assertThat(refusal.head().status()).isEqualTo(503);
      assertThat(refusal.head().header("retry-after")).isNotEmpty();
      assertThat(refusal.body()).contains("\"code\":\"memory_full\"");
      assertThat(small.post("/echo", "x".repeat(50_000)).whole().body()).hasSize(50_000);
    }
  }

  @Test
  void refusesAChunkedBodyWhenItHasGrownTooMuch() throws Exception {
    try (var hub = new TestHub(memory);
        var client = hub.client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
      var chunk = "8000\r\n" + "x".repeat(0x8000) + "\r\n";
      for (int i = 0; i < 7 << 5; i++) {
        client.send(chunk);
      }
      assertThat(client.whole().body()).contains("memory_full");
    }
  }

  @Test
  void unfinishedBodiesGiveBackWhatTheyHeldWhenTheirSendersLeave() throws Exception {
    try (var hub = new TestHub(memory)) {
      var clients = new ArrayList<WireClient>();
      for (int i = 0; i < 20; i++) {
        var client = hub.client();
        clients.add(client);
        client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
        client.send("x".repeat(900_000));
      }
      try (var bystander = hub.client()) {
        assertThat(bystander.post("/echo", "still there").whole().body()).isEqualTo("still there");
      }
      assertThat(memory.reserved()).isLessThanOrEqualTo(BUDGET);
      for (var client : clients) {
        client.close();
      }
      while (memory.reserved() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void manyLargeBodiesAreAllAnswered() throws Exception {
    var body = "x".repeat(400_000);
    try (var hub = new TestHub(memory)) {
      for (int i = 0; i < 200; i++) {
        try (var client = hub.client()) {
          assertThat(client.post(i % 2 == 0 ? "/echo" : "/stream", body).whole().body())
              .hasSize(400_000);
        }
      }
    }
  }

  @Test
  void aLargeReplyIsReservedUntilItIsTakenAndRefusedWhenItDoesNotFit() throws Exception {
    memory.reserveAlways(Holder.ANSWERS, BUDGET / 4 * 3 - 2_000_000);
    long before = memory.reserved();
    try (var hub = new TestHub(memory);
        var client = hub.client()) {
      var refusal = client.get("/large/3000000").whole();
      assertThat(refusal.head().status()).isEqualTo(503);
      assertThat(refusal.body()).contains("memory_full");
      assertThat(client.get("/hello/x").whole().body()).isEqualTo("hello x");
      assertThat(client.get("/large/1500000").whole().body()).hasSize(1_500_000);
      while (memory.reserved() > before) {
        Thread.onSpinWait();
      }
    }
  }
}
