// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an operator is told of readers, and what is live only. */
@Timeout(60)
class DeliveryFiguresProtocolTest {
  @Test
  void whatIsLiveIsSentWithoutBeingInAnyLog() throws Exception {
    try (var hub = new TestHub();
        var reader = hub.client()) {
      hub.live = "data: 1\n\n".getBytes(UTF_8);
      reader.get("/live").head();
      assertThat(reader.chunk()).isEqualTo(":\n");
      assertThat(reader.chunk()).isEqualTo("data: 1\n\n");
      hub.live = "data: 2\n\n".getBytes(UTF_8);
      assertThat(reader.chunk()).as("the first is not sent again").isEqualTo("data: 2\n\n");
      assertThat(hub.journal.latest()).isZero();
      assertThat(hub.journal.states()).isEmpty();
    }
  }

  @Test
  void countsDeliveriesResumesAndHowReadersEnded() throws Exception {
    try (var hub = new TestHub();
        var first = hub.client();
        var second = hub.client()) {
      hub.append("a", "one");
      first.send("GET /t/a?after=0 HTTP/1.1\r\nHost: h\r\nUser-Agent: test/1\r\n\r\n").head();
      second.send("GET /t/a?after=1 HTTP/1.1\r\nHost: h\r\nLast-Event-ID: x\r\n\r\n").head();
      first.chunk();
      first.chunk();
      second.chunk();
      var readers = hub.server.readers();
      assertThat(readers.list(9))
          .extracting(Reader::client)
          .containsExactlyInAnyOrder("test/1", "");
      assertThat(readers.figures().passes().total()).as("a catch-up is no pass").isZero();
      hub.append("a", "two");
      first.chunk();
      second.chunk();
      hub.journal.append(Append.to("a", Event.of("last")).andClose());
      for (var reader : new WireClient[] {first, second}) {
        reader.chunk();
        assertThat(reader.chunk()).isEmpty();
      }
      var figures = readers.figures();
      assertThat(figures.resumed()).isEqualTo(1);
      assertThat(figures.ended()).containsExactly(Map.entry("its topics were closed", 2L));
      assertThat(figures.deliveries()).isEqualTo(5);
      assertThat(figures.bytes()).isGreaterThan(5L * "id: e-1\ndata: one\n\n".length());
      assertThat(figures.passes().total()).isBetween(2L, 4L); // each loop counts its own
      assertThat(figures.passes().quantile(1))
          .isBetween(Duration.ofNanos(1), Duration.ofMinutes(1));
    }
  }
}
