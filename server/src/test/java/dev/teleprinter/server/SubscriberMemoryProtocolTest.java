// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import java.util.ArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What subscribers' names hold of the account of memory. */
@Timeout(30)
class SubscriberMemoryProtocolTest {
  private static final int NAMES = 20;
  private static final int NAME_CHARS = 300;

  /** Of a reader of {@link #NAMES} topics that nobody else reads: 400 bytes and two a character. */
  private static final long READER_BYTES = NAMES * (400L + 2 * NAME_CHARS);

  @Test
  void refusesASubscriberForWhoseNamesThereIsNoRoomUntilOthersLeave() throws Exception {
    try (var hub = new TestHub(new MemoryBudget(64 << 10))) {
      var readers = new ArrayList<WireClient>();
      for (int i = 0; i < 3; i++) {
        var reader = hub.client().get(target(i));
        assertThat(reader.head().status()).isEqualTo(200);
        assertThat(reader.chunk()).isEqualTo(":\n");
        readers.add(reader);
      }
      assertThat(hub.memory.reserved(Holder.REQUESTS)).isEqualTo(3 * READER_BYTES);
      try (var program = hub.client();
          var browser = hub.client()) {
        var refused = program.get(target(3)).whole();
        assertThat(refused.head().status()).isEqualTo(503);
        assertThat(refused.head().header("retry-after")).isEqualTo("5");
        assertThat(refused.body()).contains("memory_full");
        var busy = browser.get(target(3), "Accept: text/event-stream").whole();
        assertThat(busy.head().status()).isEqualTo(200);
        assertThat(busy.body())
            .isEqualTo("event: busy\nretry: 10000\ndata: {\"code\":\"memory_full\"}\n\n");
        readers.removeFirst().close();
        while (hub.memory.reserved(Holder.REQUESTS) > 2 * READER_BYTES) {
          Thread.onSpinWait(); // until its loop has seen that it left
        }
        assertThat(program.get(target(3)).head().status()).isEqualTo(200);
      }
      for (var reader : readers) {
        reader.close();
      }
      while (hub.memory.reserved(Holder.REQUESTS) > 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static String target(int reader) {
    return "/t/"
        + IntStream.range(0, NAMES)
            .mapToObj(name -> "%d-%d-%s".formatted(reader, name, "x".repeat(NAME_CHARS)))
            .map(name -> name.substring(0, NAME_CHARS))
            .collect(Collectors.joining("+"));
  }
}
