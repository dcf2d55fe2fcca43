// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Large bodies: exact, linear and bounded. */
final class EventDecoderSizeTest {
  private static final int MIB = 1 << 20;
  // A decoder that looked at a 5 MB line again at each piece of 100 bytes would take minutes.
  private static final Duration LINEAR = Duration.ofSeconds(20);

  private final List<Event> events = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 16 * 1024, 6 * MIB})
  void readsALineOfFiveMegabytesInPieces(int pieceBytes) {
    String text = "Zeile mit ü und 你好 👍 ".repeat(5 * MIB / 29);
    byte[] body = EventEncoder.encode(Event.of(text));
    assertThat(body.length).isGreaterThan(5_000_000);
    assertTimeoutPreemptively(LINEAR, () -> feed(body, pieceBytes, 6 * MIB));
    assertThat(events.equals(List.of(Event.of(text)))).isTrue(); // without printing megabytes
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 16 * 1024})
  void readsTenThousandLinesOfOneEvent(int pieceBytes) {
    String text = "a line of text\n".repeat(10_000);
    byte[] body = EventEncoder.encode(Event.of(text));
    assertTimeoutPreemptively(LINEAR, () -> feed(body, pieceBytes, MIB));
    assertThat(events.equals(List.of(Event.of(text)))).isTrue(); // without printing megabytes
  }

  @Test
  void readsTwoHundredThousandSmallEvents() {
    var body = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      body.append("id: ").append(i).append("\ndata: ").append(i).append("\n\n");
    }
    byte[] bytes = body.toString().getBytes(UTF_8);
    assertTimeoutPreemptively(LINEAR, () -> feed(bytes, 16 * 1024, 100));
    assertThat(events).hasSize(200_000);
    for (int i = 0; i < 200_000; i++) {
      assertThat(events.get(i)).isEqualTo(Event.of("" + i).withId("" + i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: ", ":", "id: ", "x", "data\n", "\uFEFF\uFEFF"})
  void failsAtItsLimitInsteadOfRunningOutOfMemory(String repeated) {
    byte[] piece = repeated.repeat(1000).getBytes(UTF_8);
    var decoder = new EventDecoder(events::add, MIB);
    assertThatThrownBy(
            () -> {
              for (long fed = 0; fed < 10L * MIB; fed += piece.length) {
                decoder.feed(piece, 0, piece.length);
              }
            })
        .isInstanceOf(EventTooLargeException.class);
    assertThat(events).isEmpty();
  }

  private void feed(byte[] body, int pieceBytes, long eventBytesMax) {
    var decoder = new EventDecoder(events::add, eventBytesMax);
    for (int from = 0; from < body.length; from += pieceBytes) {
      decoder.feed(body, from, Math.min(body.length, from + pieceBytes));
    }
    decoder.end();
  }
}
