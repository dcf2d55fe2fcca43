// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one reader of chat answers has received: checks that the pieces of each answer, joined, are
 * the whole text that is expected, and that {@code [DONE]} follows it. Confined to the event loop.
 *
 * <p>Text is compared as it stands in JSON, escapes and all. An event counts when it carries text.
 */
public final class TextLedger implements Ledger {
  private static final byte[] FIELD = "data: ".getBytes(US_ASCII);
  private static final byte[] CONTENT = "\"content\":\"".getBytes(US_ASCII);
  private static final byte[] DONE = "data: [DONE]".getBytes(US_ASCII);

  private final byte[] expected;
  private int at; // in the expected text
  private long received;
  private long answers;
  private boolean done; // the text; the response goes on to its last chunk
  private boolean over;

  /** Expects this text, escaped for JSON, again and again. */
  public TextLedger(byte[] expected) {
    this.expected = expected;
  }

  @Override
  public long received() {
    return received;
  }

  @Override
  public boolean askAgain() {
    boolean now = over;
    over = false;
    return now;
  }

  @Override
  public int take(byte[] bytes, int end, long nowNanos, @Nullable Histogram latencies) {
    int line = 0;
    for (int i = 0; i < end; i++) {
      if (bytes[i] == '\n') {
        onLine(bytes, line, i);
        line = i + 1;
      }
    }
    return line;
  }

  private void onLine(byte[] bytes, int from, int to) {
    if (done && to - from == 2 && bytes[from] == '0') {
      done = false;
      over = true;
      return;
    }
    if (!startsWith(bytes, from, to, FIELD)) {
      return;
    }
    if (startsWith(bytes, from, to, DONE)) {
      if (at != expected.length) {
        throw new LedgerException(
            "answer %d: %d bytes (expected: %d)".formatted(answers, at, expected.length));
      }
      at = 0;
      answers++;
      done = true;
      return;
    }
    int text = find(bytes, from, to);
    if (text >= 0) {
      onText(bytes, text, to);
    }
  }

  private void onText(byte[] bytes, int from, int to) {
    int end = from;
    while (end < to && bytes[end] != '"') {
      end += bytes[end] == '\\' ? 2 : 1;
    }
    int count = end - from;
    if (count == 0) {
      return;
    }
    if (at + count > expected.length
        || !Arrays.equals(bytes, from, end, expected, at, at + count)) {
      throw new LedgerException(
          "answer %d: other text than expected at byte %d".formatted(answers, at));
    }
    at += count;
    received++;
  }

  private static boolean startsWith(byte[] bytes, int from, int to, byte[] start) {
    return to - from >= start.length
        && Arrays.equals(bytes, from, from + start.length, start, 0, start.length);
  }

  private static int find(byte[] bytes, int from, int to) {
    for (int i = from; i + CONTENT.length <= to; i++) {
      if (bytes[i] == '"' && startsWith(bytes, i, to, CONTENT)) {
        return i + CONTENT.length;
      }
    }
    return -1;
  }
}
