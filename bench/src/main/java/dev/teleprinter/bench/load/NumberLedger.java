// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one subscriber has received: checks that each feed's events come whole, each once and in
 * order. Confined to the event loop.
 *
 * <p>It looks for {@link NumberedData} and takes everything else (heads, chunk sizes, ids, field
 * names, JSON) for noise. Events mostly come at one distance, so it looks for the next one there
 * first. That skips nothing: the bytes skipped are fewer than an event has.
 */
public final class NumberLedger implements Ledger {
  private static final int WHOLE_BYTES_MAX = 500;

  private final int dataBytes;
  private final byte[] padding;
  private final int[] next; // number expected, by feed
  private int stride;
  private long received;

  /** Expects the events of so many feeds from their first on. */
  public NumberLedger(int feeds, int dataBytes) {
    this.dataBytes = dataBytes;
    this.padding = NumberedData.padding(dataBytes);
    this.next = new int[feeds];
    this.stride = dataBytes;
  }

  @Override
  public long received() {
    return received;
  }

  /** What is larger than a server's buffers may have a chunk's size in its middle. */
  @Override
  public boolean readsBodies() {
    return dataBytes > WHOLE_BYTES_MAX;
  }

  @Override
  public int take(byte[] bytes, int end, long nowNanos, @Nullable Histogram latencies) {
    int at = find(bytes, 0, end);
    while (at < end) {
      if (end - at < dataBytes) {
        return at;
      }
      check(bytes, at);
      if (latencies != null) {
        latencies.recordValue(Math.max(0, nowNanos - NumberedData.nanos(bytes, at)));
      }
      at = following(bytes, at, end);
    }
    return end;
  }

  private int following(byte[] bytes, int at, int end) {
    int guess = at + stride;
    if (guess < end && bytes[guess] == NumberedData.MARK) {
      return guess;
    }
    int found = find(bytes, at + dataBytes, end);
    if (found - at < 2 * dataBytes) {
      stride = found - at;
    }
    return found;
  }

  private static int find(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && bytes[at] != NumberedData.MARK) {
      at++;
    }
    return at;
  }

  private void check(byte[] bytes, int at) {
    if (!NumberedData.isWhole(bytes, at, padding)) {
      throw new LedgerException("event after " + received + " others: damaged");
    }
    int feed = NumberedData.feed(bytes, at);
    int number = NumberedData.number(bytes, at);
    if (feed < 0 || feed >= next.length || number != next[feed]) {
      throw new LedgerException(
          "feed %d: event %d (expected: %s), after %d events"
              .formatted(
                  feed,
                  number,
                  feed >= 0 && feed < next.length ? next[feed] : "no such feed",
                  received));
    }
    next[feed] = number + 1;
    received++;
  }
}
