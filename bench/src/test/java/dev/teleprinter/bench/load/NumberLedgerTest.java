// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** A benchmark is worth what its ledger is worth. */
class NumberLedgerTest {
  private static final int BYTES = 40;

  private final NumberLedger ledger = new NumberLedger(2, BYTES);
  private byte[] unfinished = {};

  @Test
  void takesEachEventOnceWhereverReadsSplit() {
    var stream = stream(event(0, 0), event(0, 1), event(1, 0), event(0, 2), event(1, 1));
    for (int split = 0; split <= stream.length; split++) {
      var fresh = new NumberLedgerTest();
      fresh.receive(Arrays.copyOfRange(stream, 0, split));
      fresh.receive(Arrays.copyOfRange(stream, split, stream.length));
      assertThat(fresh.ledger.received()).as("split at %d", split).isEqualTo(5);
    }
  }

  @Test
  void takesAStreamByteByByte() {
    for (byte b : stream(event(0, 0), event(0, 1), event(0, 2))) {
      receive(new byte[] {b});
    }
    assertThat(ledger.received()).isEqualTo(3);
  }

  @Test
  void findsEventsAtChangingDistances() {
    var text = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      text.append("id: ").append("9".repeat(1 + i % 7)).append("\ndata: ").append(event(0, i));
      text.append(i % 3 == 0 ? "\n\n" : "\n\n:\n:\n\n");
    }
    receive(text.toString().getBytes(ISO_8859_1));
    assertThat(ledger.received()).isEqualTo(200);
  }

  @Test
  void refusesALostEvent() {
    assertThatThrownBy(() -> receive(stream(event(0, 0), event(0, 2))))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("event 2 (expected: 1)");
  }

  @Test
  void refusesARepeatedEvent() {
    assertThatThrownBy(() -> receive(stream(event(0, 0), event(0, 1), event(0, 1))))
        .isInstanceOf(LedgerException.class);
  }

  @Test
  void refusesEventsOutOfOrder() {
    assertThatThrownBy(() -> receive(stream(event(0, 0), event(0, 2), event(0, 1))))
        .isInstanceOf(LedgerException.class);
  }

  @Test
  void refusesAFeedNobodyPublishes() {
    assertThatThrownBy(() -> receive(stream(event(2, 0))))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("no such feed");
  }

  @Test
  void refusesEveryDamagedByteOfAnEvent() {
    var whole = event(0, 0);
    for (int i = 1; i < BYTES; i++) {
      if (i >= 11 && i < 27) {
        continue; // the time: it may have any digits
      }
      var damaged = whole.toCharArray();
      damaged[i] = 'x';
      var fresh = new NumberLedger(2, BYTES);
      var bytes = stream(new String(damaged));
      assertThatThrownBy(() -> fresh.take(bytes, bytes.length, 0, null))
          .as("byte %d", i)
          .isInstanceOf(LedgerException.class);
    }
  }

  @Test
  void measuresFromTheTimeAnEventWasDue() {
    var latencies = new Histogram(1_000_000_000L, 3);
    var data = event(0, 0).getBytes(ISO_8859_1);
    NumberedData.stamp(data, 0, 0, 1_234_567_890_123_456L);
    ledger.take(data, data.length, 1_234_567_890_123_456L + 5000, latencies);
    assertThat(latencies.getMaxValue()).isBetween(5000L, 5010L);
  }

  @Test
  void readsBackEveryNumberItWrites() {
    var data = NumberedData.blank(42, BYTES).getBytes(ISO_8859_1);
    for (int number : List.of(0, 1, 9, 10, 12_345_678, 99_999_999)) {
      NumberedData.stamp(data, 0, number, number * 99_999_999L);
      assertThat(NumberedData.number(data, 0)).isEqualTo(number);
      assertThat(NumberedData.nanos(data, 0)).isEqualTo(number * 99_999_999L);
      assertThat(NumberedData.feed(data, 0)).isEqualTo(42);
    }
  }

  /** As a connection hands bytes on: what was not whole comes again in front of the next. */
  private void receive(byte[] bytes) {
    var all = Arrays.copyOf(unfinished, unfinished.length + bytes.length);
    System.arraycopy(bytes, 0, all, unfinished.length, bytes.length);
    int from = ledger.take(all, all.length, 0, null);
    unfinished = Arrays.copyOfRange(all, from, all.length);
  }

  private static String event(int feed, int number) {
    var data = NumberedData.blank(feed, BYTES).getBytes(ISO_8859_1);
    NumberedData.stamp(data, 0, number, 0);
    return new String(data, ISO_8859_1);
  }

  private static byte[] stream(String... events) {
    var text = new StringBuilder("HTTP/1.1 200 OK\r\n\r\n:\n");
    for (var event : events) {
      text.append("3b\r\nid: #k-1\ndata: ").append(event).append("\n\n\r\n");
    }
    return text.toString().getBytes(ISO_8859_1);
  }
}
