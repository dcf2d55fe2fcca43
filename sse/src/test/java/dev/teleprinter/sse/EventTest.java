// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventTest {
  @ParameterizedTest
  @ValueSource(strings = {"\r", "\n", "\0", "a\n", "\rdata: x", "a\nid: 1", "x\0y"})
  void refusesLineEndsAndNulInIdAndType(String value) {
    assertThatThrownBy(() -> new Event(value, "t", "", null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("id: has U+00");
    assertThatThrownBy(() -> Event.of("").withId(value))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Event.of(value, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("type: has U+00");
    assertThatThrownBy(() -> EventEncoder.idLine(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("id: has U+00");
  }

  @Test
  void saysWhichCharacterItRefusesAndWhere() {
    assertThatThrownBy(() -> Event.of("ab\rc", ""))
        .hasMessage("type: has U+000D at 2 (expected: no CR, LF or NUL)");
  }

  @Test
  void refusesEmptyTypeAndNegativeRetry() {
    assertThatThrownBy(() -> Event.of("", "")).hasMessageContaining("type: empty");
    assertThatThrownBy(() -> Event.of("").withRetry(-1L)).hasMessageContaining("retry: -1");
  }

  @Test
  void allowsEmptyIdAndDataAndZeroRetry() {
    assertThat(new Event("", "t", "", 0L).withId(null).withRetry(null))
        .isEqualTo(Event.of("t", ""));
  }
}
