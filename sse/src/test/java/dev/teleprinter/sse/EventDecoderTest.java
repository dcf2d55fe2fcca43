// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventDecoderTest {
  private final List<String> told = new ArrayList<>();
  private final EventDecoder.Sink sink =
      new EventDecoder.Sink() {
        @Override
        public void onEvent(Event event) {
          told.add(event.id() + "/" + event.type() + "/" + event.data() + "/" + event.retry());
        }

        @Override
        public void onComment(String comment) {
          told.add(":" + comment);
        }

        @Override
        public void onRetry(long milliseconds) {
          told.add("retry " + milliseconds);
        }
      };
  private final EventDecoder decoder = new EventDecoder(sink, 1000);

  @Test
  void tellsIdAndRetryOfTheBlockThatSetsThem() {
    feed("id: 1\nretry: 20\ndata: a\n\ndata: b\n\nid\ndata: c\n\n");
    assertThat(told)
        .containsExactly("retry 20", "1/message/a/20", "null/message/b/null", "/message/c/null");
  }

  @Test
  void hasTheLastEventIdAtHandWhileTellingAnEvent() {
    var ids = new ArrayList<String>();
    var holder = new EventDecoder[1];
    holder[0] = new EventDecoder(event -> ids.add(holder[0].lastEventId()), 1000);
    feed(holder[0], "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\n");
    assertThat(ids).containsExactly("1", "1", "2");
    assertThat(holder[0].lastEventId()).isEqualTo("2");
  }

  @Test
  void goesOnFromTheIdOfAnEarlierStream() {
    var resumed = new EventDecoder(sink, 1000, "7");
    feed(resumed, "data: a\n\n");
    assertThat(resumed.lastEventId()).isEqualTo("7");
    feed(resumed, "id:\n\n");
    assertThat(resumed.lastEventId()).isEmpty();
  }

  @Test
  void dispatchesAtTheBlankLineNotLater() {
    feed("data: a\r");
    assertThat(told).isEmpty();
    feed("\r");
    assertThat(told).containsExactly("null/message/a/null");
  }

  @Test
  void tellsCommentsInOrderWithoutColonAndSpace() {
    feed(":\n: hi\n:  two\ndata: a\n:é\n\n");
    assertThat(told).containsExactly(":", ":hi", ": two", ":é", "null/message/a/null");
  }

  @Test
  void tellsRetryAtItsLine() {
    feed("retry: 5\n");
    assertThat(told).containsExactly("retry 5");
    assertThat(decoder.retry()).hasValue(5);
  }

  @Test
  void readsRetryUpToTheLargestLongAndIgnoresMore() {
    assertThat(decoder.retry()).isEqualTo(OptionalLong.empty());
    feed("retry: 00009223372036854775807\n");
    assertThat(decoder.retry()).hasValue(Long.MAX_VALUE);
    feed("retry: 7\nretry: 9223372036854775808\nretry: 99999999999999999999999999\n");
    assertThat(decoder.retry()).hasValue(7);
  }

  @Test
  void ignoresAnEventFieldWithNul() {
    feed("event: a\nevent: b\0\ndata: x\n\n");
    assertThat(told).containsExactly("null/a/x/null");
  }

  @Test
  void discardsAnUnterminatedBlockWithItsId() {
    feed("id: 1\ndata: a\n\nid: 2\ndata: b\n");
    decoder.end();
    assertThat(told).containsExactly("1/message/a/null");
    assertThat(decoder.lastEventId()).isEqualTo("1");
  }

  @Test
  void readsBuffersOfEveryKindToTheirLimit() {
    byte[] body = "xxdata: a\n\nyy".getBytes(UTF_8);
    ByteBuffer heap = ByteBuffer.wrap(body, 1, 11).slice().position(1).limit(10);
    ByteBuffer direct = ByteBuffer.allocateDirect(20_000);
    direct.put(":".repeat(9_000).getBytes(UTF_8)).put("\n".getBytes(UTF_8));
    direct.put(body, 2, 9).flip();
    var large = new EventDecoder(event -> told.add(event.data()), 10_000);
    for (ByteBuffer buffer :
        List.of(heap, direct, ByteBuffer.wrap(body, 2, 9).asReadOnlyBuffer())) {
      large.feed(buffer);
      assertThat(buffer.hasRemaining()).isFalse();
    }
    assertThat(told).containsExactly("a", "a", "a");
  }

  @Test
  void leavesTheBytesItIsGivenAlone() {
    byte[] body = "\uFEFFdata: a\r\n\r\n".getBytes(UTF_8);
    byte[] copy = body.clone();
    decoder.feed(body, 0, body.length);
    assertThat(body).isEqualTo(copy);
  }

  @Test
  void refusesRangesOutsideTheArray() {
    assertThatThrownBy(() -> decoder.feed(new byte[3], 2, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
    feed("data: a\n\n");
    assertThat(told).hasSize(1);
  }

  @Test
  void refusesBytesAfterTheEnd() {
    decoder.end();
    decoder.end();
    assertThatThrownBy(() -> feed("data: a\n\n")).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> decoder.feed(ByteBuffer.allocateDirect(0)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void refusesBytesFromItsOwnSinkAndAfterTheSinkFailed() {
    var holder = new EventDecoder[1];
    holder[0] = new EventDecoder(event -> feed(holder[0], "data: b\n\n"), 1000);
    assertThatThrownBy(() -> feed(holder[0], "data: a\n\n"))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> feed(holder[0], ":\n")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void tellsNothingMoreOnceTheSinkEndsIt() {
    var holder = new EventDecoder[1];
    holder[0] =
        new EventDecoder(
            event -> {
              told.add(event.data());
              holder[0].end();
            },
            1000);
    ByteBuffer direct = ByteBuffer.allocateDirect(10_000);
    direct.put("data: a\n\ndata: b\n\n".getBytes(UTF_8)).position(10_000).flip();
    holder[0].feed(direct);
    assertThat(told).containsExactly("a");
    assertThat(direct.hasRemaining()).isFalse();
    assertThatThrownBy(() -> feed(holder[0], ":\n")).hasMessage("decoder: ended");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: 456789012345678901", // a line
        "data: 45678901\ndata: 8901", // data so far and a line
        ": 34567890123456789012", // a comment
        "nobody: 901234567890123", // a field that nobody reads
        "data: 45678901\n: 34567890", // data so far and a comment
        "id: 5678901234567890123", // an id
      })
  void failsWhenAnEventPassesTheLimitHoweverItIsCut(String body) {
    byte[] start = "data: 456789012345\n\n".getBytes(UTF_8); // exactly the limit
    for (String end : List.of("", "\n", "\n\n", "\r\n\r\n")) {
      byte[] bytes = (body + end).getBytes(UTF_8);
      for (int at = 0; at <= bytes.length; at++) {
        var small = new EventDecoder(sink, 18);
        small.feed(start, 0, start.length);
        List<byte[]> pieces = Cuts.inTwo(bytes, at);
        assertThatThrownBy(() -> pieces.forEach(piece -> small.feed(piece, 0, piece.length)))
            .isInstanceOf(EventTooLargeException.class)
            .hasMessageMatching("event: at least \\d+ bytes \\(expected: <= 18\\)");
        assertThatThrownBy(() -> feed(small, "data: a\n\n"))
            .isInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void countsTheLimitAfreshForEachEvent() {
    var small = new EventDecoder(sink, 18);
    assertThatCode(
            () -> feed(small, "data: 456789012345\n\ndata: 4567890\n: 345678\n\n".repeat(100)))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, (1L << 29) + 1, 1L << 32, Long.MAX_VALUE})
  void refusesLimitsItCannotKeep(long eventBytesMax) {
    assertThatThrownBy(() -> new EventDecoder(sink, eventBytesMax))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("eventBytesMax: " + eventBytesMax);
  }

  private void feed(String body) {
    feed(decoder, body);
  }

  private static void feed(EventDecoder decoder, String body) {
    byte[] bytes = body.getBytes(UTF_8);
    decoder.feed(bytes, 0, bytes.length);
  }
}
