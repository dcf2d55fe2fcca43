// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedBodyTest {
  private final StringBuilder body = new StringBuilder();
  private final ChunkedBody chunks = new ChunkedBody();

  /** Reads it to its end at most. Returns what was left, null if the end was not reached. */
  private String read(String bytes) throws IOException {
    var buffer = Unpooled.copiedBuffer(bytes, ISO_8859_1);
    boolean ended =
        chunks.read(buffer, (from, count) -> body.append(from.readCharSequence(count, ISO_8859_1)));
    assertThat(ended || !buffer.isReadable()).as("all is read, or the end is there").isTrue();
    return ended ? buffer.toString(ISO_8859_1) : null;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "3~abc~0~~ | abc |",
        "3~abc~A~0123456789~0~~ | abc0123456789 |",
        "000a~0123456789~00~~ | 0123456789 |",
        "3;name=value~abc~0;last~~ | abc |",
        "3 \t~abc~0~~ | abc |",
        "0~~ | |",
        "2~~~0~~ | ~ |",
        "1~x~0~Trailer: one~Two: 2~~ | x |",
        "1~x~0~~HTTP/1.1 200 OK | x | HTTP/1.1 200 OK",
      })
  void readsItHoweverItIsCut(String given, String expected, String after) throws IOException {
    var wire = given.replace("~", "\r\n");
    var text = expected == null ? "" : expected.replace("~", "\r\n");
    assertThat(read(wire)).isEqualTo(after == null ? "" : after);
    assertThat(body).hasToString(text);

    var random = new Random(7);
    for (int round = 0; round < 200; round++) {
      var cut = new ChunkedBodyTest();
      String left = null;
      int at = 0;
      while (left == null) {
        int to = Math.min(wire.length(), at + 1 + random.nextInt(round < 20 ? 1 : 5));
        left = cut.read(wire.substring(at, to));
        at = to;
      }
      assertThat(cut.body).hasToString(text);
      assertThat(left + wire.substring(at)).isEqualTo(after == null ? "" : after);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x~",
        "~",
        ";a~",
        "-1~",
        "3x~abc~",
        "3~abcd~",
        "3~abc\n",
        "3\nabc~",
        "0~\n",
        "3~ab\rc~0~~",
        "\u0661~a~",
        "1000000000000000~a~"
      })
  void refusesWhatIsNoChunk(String given) {
    var wire = given.replace("~", "\r\n");
    assertThatThrownBy(() -> read(wire)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1;", "0\r\n", "0\r\nA: "})
  void doesNotReadOnForeverWhatItSkips(String given) throws IOException {
    assertThat(read(given)).isNull();
    assertThatThrownBy(() -> read("x".repeat(10_000)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("too much");
  }

  @Test
  void aChunkLargerThanAnyIsReadAsItComes() throws IOException {
    assertThat(read("7fffffffffff\r\n" + "x".repeat(100_000))).isNull();
    assertThat(body).hasSize(100_000);
  }
}
