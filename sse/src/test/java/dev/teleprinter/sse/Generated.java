// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random events, texts and bodies that lean towards what breaks codecs. The same seed gives the
 * same ones; {@code -Dseed=N} runs a failure again.
 */
final class Generated {
  private static final String[] TEXTS = {
    "\r",
    "\n",
    "\r\n",
    "\n\r",
    " ",
    ":",
    "\0",
    "\uFEFF",
    "?",
    "\uFFFD",
    "\t",
    "\u000B",
    "\u0085",
    "\u2028",
    "data: x",
    "id: 9",
    "\n\n",
    "a",
    "token",
    " the",
    "é",
    "你好",
    "👍🏽",
    "👩‍👩‍👧",
    "e\u0301",
    "{\"delta\":\"Hi\"}",
    "\\n",
    "\uFFFF",
    "\uDBFF\uDFFF",
    "0123456789abcdef"
  };
  private static final String[] LINES = {
    "data",
    "data:",
    "data: ",
    "data: x",
    "data:  x",
    "data: é你👍",
    "data:?",
    "Data: x",
    " data: x",
    "datas: x",
    "dat",
    "id",
    "id:",
    "id: ",
    "id: 7",
    "id: 8\0",
    "id: é",
    "ids: 1",
    "event",
    "event:",
    "event: tick",
    "event: message",
    "retry",
    "retry: ",
    "retry: 100",
    "retry: 007",
    "retry: 1x",
    "retry: -1",
    "retry: 9223372036854775807",
    "retry: 9223372036854775808",
    ":",
    ": hi",
    "::",
    "foo: bar",
    "\uFEFFdata: x",
    "\uFEFF",
    "data\0: x",
    "data: \0",
    "\t",
    "data: a\tb"
  };
  private static final byte[][] BAD = {
    {(byte) 0xFF},
    {(byte) 0xC3},
    {(byte) 0xE4, (byte) 0xBD},
    {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
    {(byte) 0xF0, (byte) 0x9F, (byte) 0x91},
    {(byte) 0xC0, (byte) 0x8A},
    {(byte) 0xEF, (byte) 0xBB},
    {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
    {(byte) 0x80},
    {(byte) 0xE0, (byte) 0x80}
  };

  final long seed = Long.getLong("seed", System.nanoTime());
  final SplittableRandom random = new SplittableRandom(seed);

  Event event() {
    String id = random.nextInt(3) == 0 ? null : oneLine();
    String type = random.nextBoolean() ? Event.MESSAGE : "t" + oneLine();
    Long retry =
        random.nextInt(4) > 0 ? null : random.nextLong(Long.MAX_VALUE) >>> random.nextInt(63);
    return new Event(id, type, text(), retry);
  }

  List<Event> events() {
    var events = new ArrayList<Event>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      events.add(event());
    }
    return events;
  }

  /** Text without unpaired surrogates: half from the list, half any code points. */
  String text() {
    var text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      if (random.nextBoolean()) {
        text.append(TEXTS[random.nextInt(TEXTS.length)]);
      } else {
        text.appendCodePoint(codePoint());
      }
    }
    return text.toString();
  }

  private String oneLine() {
    return text().replaceAll("[\r\n\0]", "");
  }

  private int codePoint() {
    int any = random.nextInt(random.nextBoolean() ? 0x100 : Character.MAX_CODE_POINT + 1);
    return any >= Character.MIN_SURROGATE && any <= Character.MAX_SURROGATE ? '?' : any;
  }

  /** A body of field lines, most of them well formed, with bad bytes and odd line ends. */
  byte[] body() {
    var body = new ByteArrayOutputStream();
    if (random.nextInt(4) == 0) {
      body.writeBytes("\uFEFF".getBytes(StandardCharsets.UTF_8));
    }
    for (int i = random.nextInt(14); i > 0; i--) {
      body.writeBytes(LINES[random.nextInt(LINES.length)].getBytes(StandardCharsets.UTF_8));
      if (random.nextInt(6) == 0) {
        body.writeBytes(BAD[random.nextInt(BAD.length)]);
      }
      for (int ends = random.nextInt(3); ends >= 0; ends--) {
        body.writeBytes(new byte[][] {{'\n'}, {'\r'}, {'\r', '\n'}}[random.nextInt(3)]);
      }
    }
    return body.toByteArray();
  }

  @Override
  public String toString() {
    return "seed " + seed;
  }
}
