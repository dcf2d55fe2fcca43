// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.sse.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineEventsTest {
  private final List<String> writes = new ArrayList<>();
  private final LineEvents lines =
      new LineEvents(
          Event.of(""),
          new OutputStream() {
            @Override
            public void write(int b) {
              throw new AssertionError("one byte at a time");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
              writes.add(new String(bytes, offset, length, UTF_8));
            }
          });

  @Test
  void passesALineOnAsSoonAsItEnds() throws IOException {
    lines.write("on".getBytes(UTF_8));
    assertThat(writes).isEmpty();
    lines.write("e\ntw".getBytes(UTF_8));
    assertThat(writes).containsExactly("data: one\n\n");
  }

  @Test
  void passesWhatCameTogetherOnTogether() throws IOException {
    lines.write("one\r\n\n two \n".getBytes(UTF_8));
    assertThat(writes).containsExactly("data: one\n\ndata: \n\ndata:  two \n\n");
  }

  @Test
  void takesALastLineWithoutAnEnd() throws IOException {
    lines.write("one\ntwo".getBytes(UTF_8));
    lines.close();
    assertThat(String.join("", writes)).isEqualTo("data: one\n\ndata: two\n\n");
  }

  @Test
  void refusesALineThatIsNotUtf8AndPassesThoseBefore() {
    byte[] bytes = {'a', '\n', (byte) 0xc3, '\n', 'b', '\n'};
    assertThatThrownBy(() -> lines.write(bytes))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("line 2: ");
    assertThat(String.join("", writes)).isEqualTo("data: a\n\n");
  }

  @Test
  void doesNotDependOnWhereItsInputIsCut() throws IOException {
    var text = "a\r\n你好 👍\n\nlast".getBytes(UTF_8);
    for (int cut = 0; cut <= text.length; cut++) {
      var whole = new ByteArrayOutputStream();
      try (var cutLines = new LineEvents(Event.of("tick", ""), whole)) {
        cutLines.write(text, 0, cut);
        cutLines.write(text, cut, text.length - cut);
      }
      assertThat(whole.toString(UTF_8))
          .isEqualTo(
              """
              event: tick
              data: a

              event: tick
              data: 你好 👍

              event: tick
              data:\s

              event: tick
              data: last

              """);
    }
  }
}
