// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextLedgerTest {
  private final TextLedger ledger = new TextLedger("Say \\\"hi\\\" 你好".getBytes(UTF_8));

  @Test
  void joinsPiecesToTheWholeText() {
    receive(
        piece("Say")
            + piece(" \\\"hi")
            + piece("")
            + piece("\\\" 你好")
            + "data: [DONE]\n\n\r\n0\r\n");
    assertThat(ledger.received()).isEqualTo(3);
    assertThat(ledger.askAgain()).isTrue();
    assertThat(ledger.askAgain()).isFalse();
  }

  @Test
  void leavesAnUnfinishedLineForTheNextRead() {
    var bytes = (piece("Say") + "data: {\"content\":\" ").getBytes(UTF_8);
    assertThat(ledger.take(bytes, bytes.length, 0, null)).isEqualTo(piece("Say").length());
  }

  @Test
  void refusesOtherText() {
    assertThatThrownBy(() -> receive(piece("Say") + piece("Say")))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("at byte 3");
  }

  @Test
  void refusesAnAnswerThatEndsEarly() {
    assertThatThrownBy(() -> receive(piece("Say") + "data: [DONE]\n\n"))
        .isInstanceOf(LedgerException.class);
  }

  private void receive(String text) {
    var bytes = text.getBytes(UTF_8);
    assertThat(ledger.take(bytes, bytes.length, 0, null)).isEqualTo(bytes.length);
  }

  private static String piece(String text) {
    return "data: {\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
  }
}
