// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChunksTest {
  private static final String CHUNKED = "5\r\nhello\r\n1\r\n \r\nB\r\nwide\r\nworld\r\n0\r\n\r\n";

  @Test
  void leavesTheBodyWhereverReadsSplit() {
    for (int split = 0; split <= CHUNKED.length(); split++) {
      var chunks = new Chunks();
      var body =
          strip(chunks, CHUNKED.substring(0, split)) + strip(chunks, CHUNKED.substring(split));
      assertThat(body).as("split at %d", split).isEqualTo("hello wide\r\nworld");
      assertThat(chunks.isOver()).isTrue();
    }
  }

  @Test
  void leavesWhatIsInFrontAlone() {
    var bytes = "...3\r\nabc\r\n".getBytes(ISO_8859_1);
    int end = new Chunks().strip(bytes, 3, bytes.length);
    assertThat(new String(bytes, 0, end, ISO_8859_1)).isEqualTo("...abc");
  }

  @Test
  void refusesWhatIsNoSize() {
    assertThatThrownBy(() -> strip(new Chunks(), "data: x\r\n"))
        .isInstanceOf(LedgerException.class);
  }

  private static String strip(Chunks chunks, String text) {
    var bytes = text.getBytes(ISO_8859_1);
    return new String(bytes, 0, chunks.strip(bytes, 0, bytes.length), ISO_8859_1);
  }
}
