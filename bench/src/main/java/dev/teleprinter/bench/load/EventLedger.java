// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one reader has received that comes and goes: it reads the stream as a browser does, so that
 * it knows the id it resumes from, and what of a cut event counts (WHATWG HTML 9.2.6: nothing).
 * Slower than {@link NumberLedger}, and as strict. Confined to the event loop.
 */
public final class EventLedger implements Ledger {
  private static final int EVENT_BYTES_MAX = 1 << 20;
  private static final int UNKNOWN = -1;

  private final int dataBytes;
  private final byte[] padding;
  private final boolean resumes;
  private final Uncertain uncertain;
  private final int[] next; // number expected, by feed
  private final boolean[] gapTold; // and not used yet
  private EventDecoder decoder = new EventDecoder(this::onEvent, EVENT_BYTES_MAX);
  private long nowNanos;
  private @Nullable Histogram latencies;
  private long received;
  private long gaps;
  private long lost;

  /** What a publisher cannot know of its events: those it was not answered for. */
  @FunctionalInterface
  public interface Uncertain {
    /** Every event published is known to be. */
    Uncertain NOTHING = (_, _) -> false;

    /** {@return whether it is right that the event is missing} */
    boolean mayBeMissing(int feed, int number);
  }

  private EventLedger(int feeds, int dataBytes, boolean resumes, Uncertain uncertain) {
    this.resumes = resumes;
    this.dataBytes = dataBytes;
    this.padding = NumberedData.padding(dataBytes);
    this.uncertain = uncertain;
    this.next = new int[feeds];
    this.gapTold = new boolean[feeds];
    Arrays.fill(next, resumes ? 0 : UNKNOWN);
  }

  /** Expects the events of so many feeds from their first on. */
  public static EventLedger fromFirst(int feeds, int dataBytes, Uncertain uncertain) {
    return new EventLedger(feeds, dataBytes, true, uncertain);
  }

  /** Expects them from wherever each begins, and after a drop from there, not resuming. */
  public static EventLedger fromAnywhere(int feeds, int dataBytes) {
    return new EventLedger(feeds, dataBytes, false, Uncertain.NOTHING);
  }

  @Override
  public long received() {
    return received;
  }

  /** {@return how many gaps it was told of} */
  public long gaps() {
    return gaps;
  }

  /** {@return events missing, each within a gap it was told of} */
  public long lost() {
    return lost;
  }

  /** {@return whether it has everything of each feed up to these numbers, or was told of a gap} */
  public boolean isAt(int[] numbers) {
    for (int feed = 0; feed < next.length; feed++) {
      if (next[feed] < numbers[feed]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean readsBodies() {
    return true;
  }

  @Override
  public String lastEventId() {
    return resumes ? decoder.lastEventId() : "";
  }

  @Override
  public void onReconnect() {
    var id = lastEventId();
    decoder.end();
    if (!resumes) {
      Arrays.fill(next, UNKNOWN);
    }
    decoder = new EventDecoder(this::onEvent, EVENT_BYTES_MAX, id);
  }

  @Override
  public int take(byte[] bytes, int end, long now, @Nullable Histogram into) {
    nowNanos = now;
    latencies = into;
    decoder.feed(bytes, 0, end);
    return end; // the decoder keeps what is not whole
  }

  private void onEvent(Event event) {
    if (event.type().equals("gap")) {
      gaps++;
      Arrays.fill(gapTold, true);
      return;
    }
    var data = event.data().getBytes(ISO_8859_1);
    if (data.length != dataBytes || !NumberedData.isWhole(data, 0, padding)) {
      throw new LedgerException("event after " + received + " others: damaged");
    }
    int feed = NumberedData.feed(data, 0);
    if (feed < 0 || feed >= next.length) {
      throw new LedgerException("feed " + feed + " (expected: no such feed)");
    }
    onNumber(feed, NumberedData.number(data, 0));
    received++;
    if (latencies != null) {
      latencies.recordValue(Math.max(0, nowNanos - NumberedData.nanos(data, 0)));
    }
  }

  private void onNumber(int feed, int number) {
    int expected = next[feed];
    if (expected != UNKNOWN && number != expected) {
      if (number < expected || !mayMiss(feed, expected, number)) {
        throw new LedgerException(
            "feed %d: event %d (expected: %d), after %d events"
                .formatted(feed, number, expected, received));
      }
    }
    gapTold[feed] = false;
    next[feed] = number + 1;
  }

  private boolean mayMiss(int feed, int from, int to) {
    int missing = 0;
    for (int number = from; number < to; number++) {
      missing += uncertain.mayBeMissing(feed, number) ? 0 : 1;
    }
    lost += missing;
    return missing == 0 || gapTold[feed];
  }
}
