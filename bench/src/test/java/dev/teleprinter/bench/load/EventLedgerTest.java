// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.bench.load.EventLedger.Uncertain;
import org.junit.jupiter.api.Test;

/** A reader that comes and goes is held to the same account. */
class EventLedgerTest {
  private static final int BYTES = 40;

  private EventLedger ledger = EventLedger.fromFirst(2, BYTES, Uncertain.NOTHING);

  @Test
  void resumesFromTheLastEventThatCameWhole() {
    receive(event(0, 0) + event(0, 1).replace("\n\n", "\n"));
    assertThat(ledger.received()).isEqualTo(1);
    ledger.onReconnect();
    assertThat(ledger.lastEventId()).isEqualTo("0-0");
    receive(event(0, 1) + event(1, 0));
    assertThat(ledger.received()).isEqualTo(3);
    assertThat(ledger.isAt(new int[] {2, 1})).isTrue();
    assertThat(ledger.isAt(new int[] {2, 2})).isFalse();
  }

  @Test
  void refusesALostAndARepeatedEvent() {
    receive(event(0, 0));
    assertThatThrownBy(() -> receive(event(0, 2))).isInstanceOf(LedgerException.class);
    ledger = EventLedger.fromFirst(1, BYTES, Uncertain.NOTHING);
    receive(event(0, 0));
    assertThatThrownBy(() -> receive(event(0, 0))).isInstanceOf(LedgerException.class);
  }

  @Test
  void countsWhatIsLostInAGapItWasToldOf() {
    receive(event(0, 0) + "event: gap\ndata: {}\n\n" + event(0, 5));
    assertThat(ledger.gaps()).isEqualTo(1);
    assertThat(ledger.lost()).isEqualTo(4);
  }

  @Test
  void forgivesOneSkipOfEachFeedForOneGap() {
    receive("event: gap\ndata: {}\n\n" + event(0, 5) + event(1, 3));
    assertThatThrownBy(() -> receive(event(0, 7))).isInstanceOf(LedgerException.class);
  }

  @Test
  void forgivesAnEventNobodyAnsweredFor() {
    ledger = EventLedger.fromFirst(1, BYTES, (_, number) -> number == 1);
    receive(event(0, 0) + event(0, 2));
    assertThat(ledger.lost()).isZero();
    assertThatThrownBy(() -> receive(event(0, 4))).isInstanceOf(LedgerException.class);
  }

  @Test
  void beginsAnywhereAsAVisitor() {
    ledger = EventLedger.fromAnywhere(1, BYTES);
    receive(event(0, 7) + event(0, 8));
    ledger.onReconnect();
    assertThat(ledger.lastEventId()).isEmpty();
    receive(event(0, 20));
    assertThatThrownBy(() -> receive(event(0, 22))).isInstanceOf(LedgerException.class);
  }

  private void receive(String text) {
    var bytes = text.getBytes(ISO_8859_1);
    ledger.take(bytes, bytes.length, 0, null);
  }

  private static String event(int feed, int number) {
    return "id: %d-%d\ndata: %s\n\n".formatted(feed, number, NumberedData.of(feed, number, BYTES));
  }
}
