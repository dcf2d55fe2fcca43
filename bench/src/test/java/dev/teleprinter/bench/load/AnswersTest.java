// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AnswersTest {
  private static final byte[] THREE =
      ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n#k1"
              + "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
              + "HHTTP/1.1 201 Created\r\n\r\n")
          .getBytes(ISO_8859_1);

  @Test
  void countsAnswersWhereverReadsSplit() throws IOException {
    for (int split = 0; split <= THREE.length; split++) {
      var answers = new Answers();
      var rest = Arrays.copyOfRange(THREE, split, THREE.length);
      assertThat(answers.count(THREE, split) + answers.count(rest, rest.length)).isEqualTo(3);
    }
  }

  @Test
  void namesARefusal() {
    var refusal = "HTTP/1.1 429 Too Many Requests\r\n\r\n".getBytes(ISO_8859_1);
    assertThatThrownBy(() -> new Answers().count(refusal, refusal.length))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("429 Too Many Requests");
  }
}
