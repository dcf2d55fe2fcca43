// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one reader of {@link ModelServer}'s answers has received: checks that the pieces of each
 * answer come whole, each once and in order, that it ends with {@code [DONE]} and not before, and
 * then has the reader ask again. Confined to the event loop.
 */
public final class AnswerLedger implements Ledger {
  private static final byte[] DONE = "data: [DONE]".getBytes(US_ASCII);
  private static final byte[] LAST_CHUNK = "\n0\r\n\r\n".getBytes(US_ASCII);

  private final int dataBytes;
  private final int pieces; // of an answer
  private NumberLedger answer;
  private long ended; // events of answers that are over
  private boolean over;

  /** Expects answers of so many pieces, one after the other. */
  public AnswerLedger(int dataBytes, int pieces) {
    this.dataBytes = dataBytes;
    this.pieces = pieces;
    this.answer = new NumberLedger(1, dataBytes);
  }

  @Override
  public long received() {
    return ended + answer.received();
  }

  @Override
  public boolean askAgain() {
    boolean now = over;
    over = false;
    return now;
  }

  @Override
  public int take(byte[] bytes, int end, long nowNanos, @Nullable Histogram latencies) {
    int from = answer.take(bytes, end, nowNanos, latencies);
    if (answer.received() > pieces) {
      throw new LedgerException(
          "answer: %d pieces (expected: %d)".formatted(answer.received(), pieces));
    }
    if (answer.received() < pieces || from < end) {
      return from;
    }
    int done = find(DONE, bytes, 0, end);
    if (done < 0) {
      return Math.max(0, end - DONE.length); // it may come in two reads
    }
    if (find(LAST_CHUNK, bytes, done, end) < 0) {
      return done; // an answer's end, but not yet the response's: nobody may ask again before
    }
    ended += answer.received();
    answer = new NumberLedger(1, dataBytes);
    over = true;
    return end;
  }

  private static int find(byte[] what, byte[] bytes, int from, int end) {
    for (int at = from; at + what.length <= end; at++) {
      if (Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
        return at;
      }
    }
    return -1;
  }
}
