// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswerLedgerTest {
  private static final int BYTES = NumberedData.BYTES_MIN;
  private static final int PIECES = 3;

  private final AnswerLedger ledger = new AnswerLedger(BYTES, PIECES);
  private byte[] unfinished = {};

  @Test
  void asksAgainAfterEachAnswerWhereverReadsSplit() {
    var answer = answer(PIECES);
    for (int split = 0; split <= answer.length(); split++) {
      var fresh = new AnswerLedgerTest();
      for (int turn = 1; turn <= 2; turn++) {
        assertThat(fresh.ledger.askAgain()).as("split at %d", split).isFalse();
        fresh.receive(answer.substring(0, split));
        fresh.receive(answer.substring(split));
        assertThat(fresh.ledger.askAgain()).as("split at %d", split).isTrue();
        assertThat(fresh.ledger.received()).isEqualTo(turn * PIECES);
      }
    }
  }

  @Test
  void doesNotTakeAnAnswerForOverThatLacksPieces() {
    receive(answer(PIECES - 1));
    assertThat(ledger.askAgain()).isFalse();
  }

  @Test
  void refusesAPieceTooMany() {
    assertThatThrownBy(() -> receive(answer(PIECES + 1))).isInstanceOf(LedgerException.class);
  }

  @Test
  void refusesAPieceThatIsMissing() {
    var gap = answer(PIECES).replace(NumberedData.of(0, 1, BYTES), "");
    assertThatThrownBy(() -> receive(gap))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("event 2 (expected: 1)");
  }

  private static String answer(int pieces) {
    return IntStream.range(0, pieces)
        .mapToObj(number -> "data: {\"content\":\"" + NumberedData.of(0, number, BYTES) + "\"}\n\n")
        .collect(Collectors.joining("", "data: {}\n\n", "data: [DONE]\n\n\r\n0\r\n\r\n"));
  }

  /** As a connection hands bytes on: what was not taken comes again in front of the next. */
  private void receive(String text) {
    var bytes = text.getBytes(ISO_8859_1);
    var all = Arrays.copyOf(unfinished, unfinished.length + bytes.length);
    System.arraycopy(bytes, 0, all, unfinished.length, bytes.length);
    int from = ledger.take(all, all.length, 0, null);
    unfinished = Arrays.copyOfRange(all, from, all.length);
  }
}
