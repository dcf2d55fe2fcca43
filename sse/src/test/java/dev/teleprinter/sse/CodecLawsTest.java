// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What holds for every event and every body, tried on random ones. */
final class CodecLawsTest {
  private static final int RUNS = 2_000;

  private final Generated generated = new Generated();

  @Test
  void readsBackEveryEventItWrites() {
    for (int run = 0; run < RUNS; run++) {
      List<Event> events = generated.events();
      assertThat(Decoded.of(encode(events)).bareEvents())
          .as("%s", generated)
          .isEqualTo(events.stream().map(CodecLawsTest::asRead).toList());
    }
  }

  @Test
  void readsTheSameWhereverAnEncodedBodyIsCut() {
    for (int run = 0; run < RUNS / 20; run++) {
      requireSameForEveryCut(encode(generated.events()));
    }
  }

  @Test
  void readsTheSameWhereverAnyBodyIsCut() {
    for (int run = 0; run < RUNS / 10; run++) {
      requireSameForEveryCut(generated.body());
    }
  }

  @Test
  void readsAnyBodyAsTheSpecificationWordForWord() {
    for (int run = 0; run < RUNS; run++) {
      byte[] body = generated.body();
      Decoded expected = NaiveDecoder.decode(body);
      assertThat(Decoded.of(body)).as("%s", generated).isEqualTo(expected);
      assertThat(Decoded.of(Cuts.anywhere(body, generated.random)))
          .as("%s", generated)
          .isEqualTo(expected);
    }
  }

  @Test
  void readsAnyBytesAsUtf8WithReplacement() {
    int[] bytes = {0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xE4, 0xED, 0xEF};
    int[] more = {0xF0, 0xF1, 0xF4, 0xF5, 0xFF, 0x00};
    for (int run = 0; run < RUNS; run++) {
      byte[] text = new byte[1 + generated.random.nextInt(9)];
      for (int i = 0; i < text.length; i++) {
        int pick = generated.random.nextInt(bytes.length + more.length);
        text[i] = (byte) (pick < bytes.length ? bytes[pick] : more[pick - bytes.length]);
      }
      assertThat(Utf8.decode(text, 0, text.length, false))
          .as("%s", generated)
          .isEqualTo(NaiveDecoder.text(text));
    }
  }

  @Test
  void writesUnpairedSurrogatesAsReplacementsAndAllElseUnchanged() {
    for (int run = 0; run < RUNS; run++) {
      String before = generated.text();
      String after = generated.text();
      String text = before + (char) (0xD800 + generated.random.nextInt(0x400)) + "|" + after;
      assertThat(Utf8.encode(text))
          .as("%s", generated)
          .isEqualTo((before + "\uFFFD|" + after).getBytes(StandardCharsets.UTF_8));
    }
  }

  private void requireSameForEveryCut(byte[] body) {
    Decoded whole = Decoded.of(body);
    assertThat(Decoded.of(Cuts.byteByByte(body))).as("%s", generated).isEqualTo(whole);
    for (int at = 0; at <= body.length; at++) {
      assertThat(Decoded.of(Cuts.inTwo(body, at)))
          .as("%s, cut at %d", generated, at)
          .isEqualTo(whole);
    }
  }

  private static byte[] encode(List<Event> events) {
    var body = new ByteArrayOutputStream();
    events.forEach(event -> body.writeBytes(EventEncoder.encode(event)));
    return body.toByteArray();
  }

  private static Event asRead(Event event) {
    String data = event.data().replaceAll("\r\n|\r", "\n");
    return new Event(event.id(), event.type(), data, event.retry());
  }
}
