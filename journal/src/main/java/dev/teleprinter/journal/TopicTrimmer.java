// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes the oldest events of one topic away: for good (trim), or from memory only, since they are
 * on the disk (evict). Confined to the appender.
 *
 * <pre>
 *   ordinal 0          trimmed             cold.ordinal                 appended
 *      | gone             | on the disk only     | in memory: segments      |
 *      |     trim ──▶     |          evict ──▶   |                          |
 * </pre>
 *
 * <p>Whatever moves, the number that tells readers moves before the segment is given back: see
 * {@link TopicLog}. How much of what is on the disk only is to be trimmed is not known here: {@link
 * FileKeeper} looks it up, beside the appender, and comes back to {@link #trimCold}.
 */
final class TopicTrimmer {
  private final TrimOrder order;
  private final RunningTotals totals;
  private final TopicMemory account;

  // Written by the appender, read by any thread.
  private final AtomicLong removals = new AtomicLong();

  TopicTrimmer(TrimOrder order, RunningTotals totals, TopicMemory account) {
    this.order = order;
    this.totals = totals;
    this.account = account;
  }

  /**
   * Retention no longer covers all that is on the disk only. Immutable.
   *
   * @param kept events kept now, in memory or not
   * @param bytes their wire bytes
   * @param seconds now, in the journal's seconds
   * @param nowSeconds now, since 1970
   */
  record ColdTrim(TopicLog log, long kept, long bytes, int seconds, long nowSeconds) {}

  /** {@return what is to be looked at when {@link #trim} says so} */
  static ColdTrim coldTrim(TopicLog log, int seconds, long nowSeconds) {
    return new ColdTrim(log, log.kept(), log.bytes(), seconds, nowSeconds);
  }

  /**
   * Takes away what retention no longer covers. Returns whether some of that is on the disk only,
   * where somebody else must look how much it is.
   */
  boolean trim(TopicLog log, int seconds) {
    var retention = log.retention;
    long ageSeconds = ceilSeconds(retention.age());
    long kept = log.kept();
    long bytes = log.bytes();
    var cold = log.cold;
    if (cold != null) {
      return isBeyondCount(log) || seconds - cold.oldestSeconds() > ageSeconds;
    }
    while (kept > 0) {
      var oldest = log.segments.get(0);
      int from = (int) (log.trimmed() - oldest.firstOrdinal);
      int count = oldest.count();
      int to = from;
      while (to < count
          && (kept > retention.eventsMax()
              || (bytes > retention.bytesMax() && kept > 1)
              || seconds - oldest.seconds(to) > ageSeconds)) {
        bytes -= oldest.end(to) - oldest.start(to);
        kept--;
        to++;
      }
      if (to == from) {
        return false;
      }
      trimTo(log, oldest, to, seconds);
      if (to < count) {
        return false;
      }
    }
    return false;
  }

  /**
   * Takes away events that are on the disk only, before an ordinal and through a sequence.
   *
   * @param bytes of what goes
   * @param oldestSeconds when the first that stays on the disk only was appended
   */
  void trimCold(
      TopicLog log, long ordinal, long through, long bytes, int oldestSeconds, int seconds) {
    var cold = log.cold;
    if (cold == null || ordinal <= log.trimmed() || ordinal > cold.ordinal()) {
      return;
    }
    var past = log.past();
    totals.kept(past.trimmed - ordinal, -bytes);
    past.trimmed = ordinal;
    past.trimmedThrough = through;
    log.cold =
        ordinal == cold.ordinal()
            ? null
            : new TopicLog.Cold(
                cold.ordinal(), cold.through(), cold.bytes() - bytes, oldestSeconds);
    trimmed(log, past, seconds);
  }

  /** Lets the oldest segment go from memory, if its events are on the disk; else for good. */
  void evictSegment(TopicLog log, int seconds) {
    var oldest = log.segments.get(0);
    int count = oldest.count();
    // Without a visible frame: left by an append that failed, or begun by the present one.
    if (count == 0 || log.isUnstored(oldest.sequence(count - 1))) {
      trimSegment(log, seconds);
      return;
    }
    var before = log.cold;
    int from = firstKept(log, oldest);
    int bytes = oldest.end(count - 1) - oldest.start(from);
    log.cold = // before the segment goes: see TopicLog
        new TopicLog.Cold(
            oldest.firstOrdinal + count,
            oldest.sequence(count - 1),
            before == null ? bytes : before.bytes() + bytes,
            before == null ? oldest.seconds(from) : before.oldestSeconds());
    removeOldest(log, oldest, bytes);
  }

  /** Takes away the oldest segment, and what is on the disk only: that is older. */
  void trimSegment(TopicLog log, int seconds) {
    var oldest = log.segments.get(0);
    int count = oldest.count();
    if (count == 0) {
      removeOldest(log, oldest, 0);
    } else {
      trimTo(log, oldest, count, seconds);
    }
  }

  /** Gives everything back. */
  void discard(TopicLog log) {
    while (log.segments.size() > 0) {
      trimSegment(log, 0);
    }
    var cold = log.cold;
    if (cold != null) {
      trimCold(log, cold.ordinal(), cold.through(), cold.bytes(), 0, 0);
    }
  }

  /** Trims the events of the oldest segment before an index, one at least. */
  private void trimTo(TopicLog log, Segment oldest, int to, int seconds) {
    int bytes = oldest.end(to - 1) - oldest.start(firstKept(log, oldest));
    var past = log.past();
    var cold = log.cold;
    long coldBytes = cold == null ? 0 : cold.bytes();
    totals.kept(past.trimmed - (oldest.firstOrdinal + to), -(bytes + coldBytes));
    past.trimmed = oldest.firstOrdinal + to;
    past.trimmedThrough = oldest.sequence(to - 1); // before the segment goes: see TopicLog
    log.cold = null; // if there was something, it is older
    if (to == oldest.count()) {
      removeOldest(log, oldest, bytes);
    } else {
      past.olderBytes -= bytes;
    }
    trimmed(log, past, seconds);
  }

  /**
   * Removes the oldest segment from the log.
   *
   * @param bytes of it that were kept until now
   */
  private void removeOldest(TopicLog log, Segment oldest, int bytes) {
    var past = log.pastIfAny();
    if (past != null) { // else it is the only one
      past.olderBytes = log.segments.size() == 1 ? 0 : past.olderBytes - bytes;
    }
    log.segments = log.segments.withoutOldest();
    order.remove(oldest);
    oldest.release();
  }

  private void trimmed(TopicLog log, TopicPast past, int seconds) {
    long kept = log.kept();
    if (kept == 0) {
      past.emptySince = seconds;
    }
    removed();
    account.remove(past.forgetIds(kept, 0));
  }

  /** Something is no longer kept. */
  void removed() {
    removals.lazySet(removals.getPlain() + 1); // only the appender writes it
  }

  /** {@return how often something was taken away for good} Any thread. */
  long removals() {
    return removals.get();
  }

  private static int firstKept(TopicLog log, Segment oldest) {
    return (int) Math.max(0, log.trimmed() - oldest.firstOrdinal);
  }

  /** {@return whether a topic has been closed, or empty, for longer than it is to be kept} */
  static boolean isOver(TopicLog log, int seconds) {
    return (log.isClosed() || log.kept() == 0)
        && seconds - log.restingSince() > ceilSeconds(log.retention.afterClose());
  }

  /**
   * {@return the first of the journal's seconds at which something of the topic may have to go, if
   * nobody appends to it} It was trimmed just now; what is looked for on the disk may take longer.
   */
  static long dueAt(TopicLog log, int seconds) {
    long due = Integer.MAX_VALUE;
    var retention = log.retention;
    long kept = log.kept();
    if (log.isClosed() || kept == 0) {
      due = log.restingSince() + ceilSeconds(retention.afterClose()) + 1;
    }
    if (kept > 0) {
      due = Math.min(due, oldestSeconds(log) + ceilSeconds(retention.age()) + 1);
    }
    return Math.max(due, seconds + 1L);
  }

  private static long oldestSeconds(TopicLog log) {
    var cold = log.cold;
    if (cold != null) {
      return isBeyondCount(log) ? Integer.MIN_VALUE : cold.oldestSeconds();
    }
    var oldest = log.segments.get(0);
    int index = firstKept(log, oldest);
    return index < oldest.count() ? oldest.seconds(index) : Integer.MIN_VALUE;
  }

  private static boolean isBeyondCount(TopicLog log) {
    long kept = log.kept();
    var retention = log.retention;
    return kept > retention.eventsMax() || (log.bytes() > retention.bytesMax() && kept > 1);
  }

  /** Whole seconds that are at least the duration, as far as an int of seconds can tell. */
  static long ceilSeconds(Duration duration) {
    long seconds = Math.min(duration.getSeconds(), Integer.MAX_VALUE);
    return duration.getNano() == 0 ? seconds : seconds + 1;
  }
}
