// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Takes away what is not to be kept: what retention no longer covers, topics whose time is over,
 * and the oldest when memory is used up. Confined to the appender.
 *
 * <p>An append trims the topics that it touched. For all others there is a round over the topics
 * that goes on in slices between batches, some milliseconds apart, with at most 16,384 topics in
 * one second: a million are looked at within about a minute, and neither publishers nor an event
 * loop on the same core wait for more than a slice. A round finds out when the next topic is due,
 * and none begins before: topics that nobody touches cost nothing.
 */
final class Trimmer {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int SLICE_TOPICS = 64;
  private static final int SECOND_TOPICS_MAX = 16_384;
  private static final int WARNING_SECONDS = 60;

  private final TopicTable logs;
  private final Forgotten forgotten;
  private final SegmentMemory memory;
  private final TrimOrder order;
  private final TopicTrimmer ofTopic;
  private final Sequencer sequencer;
  private final TopicMemory account;
  private final long trimBytesMax;
  private final long roomyBytes; // in use at most, for there to be room
  private final int delaySeconds; // from a change of a topic until it may be due, at least

  private Iterator<TopicLog> round = Collections.emptyIterator();
  private int second;
  private int leftInSecond;
  private int nextDue = Integer.MIN_VALUE; // no topic is due before
  private int warnedSecond = -WARNING_SECONDS;

  private Consumer<TopicTrimmer.ColdTrim> coldTrim = _ -> {};
  private LongSupplier foundOnDiskThrough = () -> 0;
  private long idsThrough; // as it was when the round began
  private boolean idsGo; // in this round

  Trimmer(
      JournalConfig config,
      TopicTable logs,
      Forgotten forgotten,
      SegmentMemory memory,
      TrimOrder order,
      Sequencer sequencer,
      TopicMemory account) {
    this.sequencer = sequencer;
    this.account = account;
    this.logs = logs;
    this.forgotten = forgotten;
    this.memory = memory;
    this.order = order;
    this.ofTopic = new TopicTrimmer(order, logs.totals(), account);
    this.delaySeconds = delaySeconds(config);
    this.trimBytesMax = Math.max(config.memoryBytesMax() / 16, 4L * config.frameBytesMax());
    this.roomyBytes = config.memoryBytesMax() - config.memoryBytesMax() / 32;
  }

  private static int delaySeconds(JournalConfig config) {
    long least = delaySeconds(config.retention());
    for (var rule : config.rules()) {
      least = Math.min(least, delaySeconds(rule.retention()));
    }
    return (int) least;
  }

  private static long delaySeconds(Retention retention) {
    return Math.min(
        TopicTrimmer.ceilSeconds(retention.age()),
        TopicTrimmer.ceilSeconds(retention.afterClose()));
  }

  /** Some topics were appended to or closed. */
  void changed(int seconds) {
    nextDue = (int) Math.min(nextDue, (long) seconds + delaySeconds);
  }

  /**
   * Says who looks for what is to be trimmed on the disk, and up to which sequence publishers' ids
   * are found there. Before the appender starts.
   */
  void onDisk(Consumer<TopicTrimmer.ColdTrim> trimming, LongSupplier idsFoundThrough) {
    coldTrim = trimming;
    foundOnDiskThrough = idsFoundThrough;
  }

  /** Goes on with the round. Returns whether there is more to do at once. */
  boolean sweepSlice(int seconds) {
    if (seconds != second) {
      second = seconds;
      leftInSecond = SECOND_TOPICS_MAX;
      if (!round.hasNext() && isRoundDue(seconds)) {
        beginRound();
      }
    }
    for (int left = Math.min(SLICE_TOPICS, leftInSecond); left > 0; left--) {
      if (!round.hasNext()) {
        leftInSecond = 0;
        return false;
      }
      leftInSecond--;
      sweep(round.next(), seconds);
    }
    return leftInSecond > 0;
  }

  /** {@return the sequence after which publishers' ids are in memory} */
  long idsInMemoryAfter() {
    return idsThrough;
  }

  private boolean isRoundDue(int seconds) {
    return seconds >= nextDue || foundOnDiskThrough.getAsLong() > idsThrough;
  }

  private void beginRound() {
    round = logs.iterator();
    nextDue = Integer.MAX_VALUE; // what it finds makes it less
    long through = foundOnDiskThrough.getAsLong();
    idsGo = through > idsThrough;
    idsThrough = through;
  }

  /** Looks at every topic now. */
  void sweepAll(int seconds) {
    for (var log : logs) {
      sweep(log, seconds);
      sequencer.maybeCommit(); // a million ends of topics are not to be written at once
    }
  }

  private void sweep(TopicLog log, int seconds) {
    trim(log, seconds);
    var past = log.pastIfAny();
    if (idsGo && past != null) {
      account.remove(past.forgetIds(log.kept(), idsThrough));
    }
    if (TopicTrimmer.isOver(log, seconds)) {
      forget(log);
      return;
    }
    nextDue = (int) Math.min(nextDue, TopicTrimmer.dueAt(log, seconds));
  }

  /** Takes a topic away whole. */
  void forget(TopicLog log) {
    forgotten.add(log.name, log.latest); // before it goes, so that no reader finds neither
    logs.remove(log);
    discard(log);
    logs.totals().closed(log.isClosed() ? -1 : 0);
    release(log);
    ofTopic.removed();
    sequencer.forgot(log);
  }

  /** Gives back what is reserved for a topic that goes. */
  void release(TopicLog log) {
    var past = log.pastIfAny();
    account.remove(TopicMemory.ofTopic(log.name) + (past == null ? 0 : past.forgetAllIds()));
  }

  /** Trims a topic that was appended to. */
  void trim(TopicLog log, int seconds) {
    if (ofTopic.trim(log, seconds)) {
      coldTrim.accept(TopicTrimmer.coldTrim(log, seconds, sequencer.nowSeconds()));
    }
  }

  /** Gives back all that a topic has, without a word. */
  void discard(TopicLog log) {
    ofTopic.discard(log);
  }

  /** Takes one topic's oldest away. */
  TopicTrimmer ofTopic() {
    return ofTopic;
  }

  /**
   * Lets the next segments go from memory while it is nearly used up, if they are on the disk. So
   * an append does not have to, and begins segments as large as they should be: with none but the
   * last freed to choose from it would soon have one for each event. What is in memory only stays
   * until its room is needed.
   */
  void keepRoom(int seconds) {
    if (!sequencer.isOnDisk()) {
      return;
    }
    // Not until it is there: what readers hold comes back in its own time.
    for (long missing = memory.usedBytes() - roomyBytes; missing > 0; ) {
      int bytes = giveWay(seconds);
      missing = bytes == 0 ? 0 : missing - bytes;
    }
  }

  /**
   * Takes the next segment away, so that an append may try again.
   *
   * @param trimmedBytes what this append has trimmed before
   * @return its bytes, 0 when there is none or enough was trimmed for one append: readers hold it
   */
  int trimForSpace(long trimmedBytes, int seconds) {
    return trimmedBytes < trimBytesMax ? giveWay(seconds) : 0;
  }

  /** Takes the next segment away. Returns its bytes, 0 when there is none. */
  private int giveWay(int seconds) {
    var segment = order.first();
    if (segment == null) {
      return 0;
    }
    int bytes = segment.capacity();
    if (sequencer.isOnDisk()) {
      ofTopic.evictSegment(segment.topic, seconds);
      return bytes;
    }
    if (seconds - warnedSecond >= WARNING_SECONDS) {
      warnedSecond = seconds;
      LOG.log(Level.WARNING, "memory for frames is used up: the oldest are trimmed");
    }
    ofTopic.trimSegment(segment.topic, seconds); // in both orders it is its topic's oldest
    return bytes;
  }

  /** Lets go of all memory that can be had back from the disk. */
  void evictAll(int seconds) {
    for (var segment = order.first();
        segment != null && sequencer.isOnDisk();
        segment = order.first()) {
      ofTopic.evictSegment(segment.topic, seconds);
    }
  }
}
