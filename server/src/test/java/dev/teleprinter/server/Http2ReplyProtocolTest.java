// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static dev.teleprinter.server.Http2Wire.CANCEL;
import static dev.teleprinter.server.Http2Wire.HEADERS;
import static dev.teleprinter.server.Http2Wire.RST_STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole replies that wait for their peer: counted, reserved, and dropped when it takes nothing. */
@Timeout(60)
class Http2ReplyProtocolTest {
  private static final int LARGE = 10 << 20;

  @Test
  void repliesThatAreNotTakenAreBoundedOnOneConnection() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start(4, 0)) {
      int taken = 0;
      int status = 200;
      for (int stream = 1; status == 200; stream += 2) {
        client.get(stream, "/large/" + LARGE);
        status = client.next(HEADERS).status();
        taken++;
      }
      assertThat(status).isEqualTo(503);
      assertThat((long) taken * LARGE)
          .isBetween(PendingReplies.BYTES_MAX / 2, PendingReplies.BYTES_MAX);
      assertThat(hub.memory.reserved(Holder.REPLIES)).isLessThanOrEqualTo(PendingReplies.BYTES_MAX);
      try (var other = new Http2Wire(hub.server.port()).start()) {
        other.get(1, "/hello/x");
        assertThat(other.answer(1).body()).isEqualTo("hello x");
      }
    }
  }

  @Test
  void givesBackWhatALeavingPeerDidNotTake() throws Exception {
    try (var hub = new TestHub()) {
      try (var client = new Http2Wire(hub.server.port()).start(4, 0)) {
        client.get(1, "/large/" + LARGE).next(HEADERS);
        assertThat(hub.memory.reserved(Holder.REPLIES)).isGreaterThan(LARGE / 2);
      }
      awaitNothingReserved(hub);
    }
  }

  @Test
  void givesBackWhatAResetStreamDidNotTake() throws Exception {
    var config = ServerConfig.defaults();
    config = config.withTimeouts(config.timeouts().withWrite(Duration.ofMillis(400)));
    try (var hub = new TestHub(config, JournalConfig.defaults());
        var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/t/a?after=0").next(Http2Wire.DATA);
      client.settings(4, 0).get(3, "/large/" + LARGE);
      var reset = client.next(RST_STREAM);
      assertThat(reset.stream()).isEqualTo(3);
      assertThat(reset.error()).isEqualTo(CANCEL);
      awaitNothingReserved(hub);
    }
  }

  @Test
  void aReplyForWhichThereIsNoMemoryIs503() throws Exception {
    var memory = new MemoryBudget(LARGE);
    try (var hub = new TestHub(memory);
        var client = new Http2Wire(hub.server.port()).start()) {
      client.get(1, "/large/" + LARGE);
      var answer = client.answer(1);
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.body()).contains("memory_full");
      client.get(3, "/hello/x");
      assertThat(client.answer(3).body()).isEqualTo("hello x");
    }
  }

  @Test
  void aLargeReplyArrivesWhole() throws Exception {
    try (var hub = new TestHub();
        var client = new Http2Wire(hub.server.port()).start(4, 1 << 20)) {
      client.windowUpdate(0, 2 * LARGE).get(1, "/large/" + LARGE);
      long read = 0;
      for (var frame = client.next(Http2Wire.DATA);
          !frame.ends();
          frame = client.next(Http2Wire.DATA)) {
        read += frame.payload().length;
        client.windowUpdate(1, frame.payload().length + 1).flush();
      }
      assertThat(read).isBetween(LARGE - 16_384L, (long) LARGE);
      awaitNothingReserved(hub);
    }
  }

  private static void awaitNothingReserved(TestHub hub) {
    while (hub.memory.reserved(Holder.REPLIES) > 0) {
      Thread.onSpinWait();
    }
  }
}
