// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EventEncoderTest {
  @Test
  void writesFieldsInOrder() {
    assertThat(text(EventEncoder.encode(new Event("k3-1", "tick", "a\nb", 2000L))))
        .isEqualTo("id: k3-1\nevent: tick\nretry: 2000\ndata: a\ndata: b\n\n");
  }

  @Test
  void leavesOutWhatAnEventDoesNotSet() {
    assertThat(text(EventEncoder.encode(Event.of("a")))).isEqualTo("data: a\n\n");
  }

  @Test
  void leavesOutTheIdOnRequestAndNothingElse() {
    var event = new Event("k3-1", "tick", "a", 5L);
    assertThat(text(EventEncoder.idLine("k3-1")) + text(EventEncoder.encodeWithoutId(event)))
        .isEqualTo(text(EventEncoder.encode(event)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '>',
      nullValues = "-",
      value = {
        "''      > 'data: ||'",
        "' a'    > 'data:  a||'",
        "'|'     > 'data: |data: ||'",
        "'a|'    > 'data: a|data: ||'",
        "'|a'    > 'data: |data: a||'",
        "'a/b'   > 'data: a|data: b||'",
        "'a/|b'  > 'data: a|data: b||'",
        "'a|/b'  > 'data: a|data: |data: b||'",
        "'a//|'  > 'data: a|data: |data: ||'",
        "'12345678901234567890|2345678|' > 'data: 12345678901234567890|data: 2345678|data: ||'",
      })
  void writesOneDataLinePerLine(String data, String block) {
    String withEnds = data.replace('/', '\r').replace('|', '\n');
    assertThat(text(EventEncoder.encode(Event.of(withEnds)))).isEqualTo(block.replace('|', '\n'));
  }

  @Test
  void resetsTheIdInTheFormTriedInEveryBrowser() {
    assertThat(text(EventEncoder.encode(Event.of("a").withId("")))).isEqualTo("id:\ndata: a\n\n");
    assertThat(text(EventEncoder.idLine(""))).isEqualTo("id:\n");
  }

  @Test
  void writesUtf8() {
    assertThat(text(EventEncoder.encode(new Event("é", "你", "👍?", null))))
        .isEqualTo("id: é\nevent: 你\ndata: 👍?\n\n");
  }

  @Test
  void writesUnpairedSurrogatesAsReplacementCharacters() {
    assertThat(text(EventEncoder.encode(Event.of("\uD83D", "?\uDC4D\uD83D"))))
        .isEqualTo("event: \uFFFD\ndata: ?\uFFFD\uFFFD\n\n");
    assertThat(text(EventEncoder.idLine("a\uD83D"))).isEqualTo("id: a\uFFFD\n");
  }

  @Test
  void endsHeartbeatsWithOneLineFeed() {
    assertThat(text(EventEncoder.heartbeat())).isEqualTo(":\n");
  }

  @Test
  void givesEachCallerAnArrayOfItsOwn() {
    EventEncoder.heartbeat()[0] = 'x';
    assertThat(text(EventEncoder.heartbeat())).isEqualTo(":\n");
  }

  private static String text(byte[] block) {
    return new String(block, UTF_8);
  }
}
