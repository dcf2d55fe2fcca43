// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The events of one topic: segments, oldest first. The appender writes, any thread reads.
 *
 * <p>A reader looks at {@link #closed}, then {@link #trimmedThrough}, then {@link #segments}. The
 * appender publishes a frame before it closes, and moves {@code trimmedThrough} before it takes a
 * segment away: so whoever sees the topic closed sees all of it, and a segment that vanishes under
 * a reader is always explained by a second look.
 */
final class TopicLog {
  private static final Segment[] NONE = {};

  final String name;
  final Retention retention;

  // Written by the appender, read by any thread.
  volatile Segment[] segments = NONE;
  volatile long trimmedThrough; // the last sequence that is gone, 0 when none is
  private volatile long trimmedOrdinals; // how many events are gone
  volatile boolean closed;
  private volatile @Nullable ConcurrentHashMap<String, Long> publisherIds;

  // Confined to the appender.
  private long bytes;
  private long appended;
  private int closedSeconds;
  private int trimmedInFirst; // frames of segments[0] that are gone

  TopicLog(String name, Retention retention) {
    this.name = name;
    this.retention = retention;
  }

  /**
   * Writes a frame, not yet visible. Appender only. Returns false when memory has run out: nothing
   * was written.
   */
  boolean write(SegmentMemory memory, long sequence, int seconds, byte[] idLine, byte[] rest) {
    var all = segments;
    if (all.length > 0 && all[all.length - 1].write(sequence, seconds, idLine, rest)) {
      return true;
    }
    int needed = Chunks.framedBytes(idLine.length + rest.length) + Segment.ENTRY_BYTES;
    // A topic that grows gets larger segments: small topics stay small, large ones have few.
    int grown = all.length == 0 ? 0 : Math.min(all[all.length - 1].capacity() * 4, 1 << 18);
    var block = memory.allocate(Math.max(needed, grown));
    if (block == null && grown > needed) {
      block = memory.allocate(needed);
    }
    if (block == null) {
      return false;
    }
    var segment = new Segment(block, appended);
    if (!segment.write(sequence, seconds, idLine, rest)) {
      throw new IllegalStateException("frame: does not fit the segment made for it");
    }
    var more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = segment;
    segments = more; // without a visible frame until publish()
    return true;
  }

  /** Makes the frame written last visible. Appender only. */
  void publish(long sequence, @Nullable String publisherId) {
    var newest = segments[segments.length - 1];
    if (publisherId != null) {
      var ids = publisherIds;
      if (ids == null) {
        ids = new ConcurrentHashMap<>(4);
        publisherIds = ids;
      }
      long gone = trimmedThrough;
      ids.merge(publisherId, sequence, (before, now) -> before > gone ? before : now);
    }
    newest.publish();
    int count = newest.count();
    bytes += newest.end(count - 1) - newest.start(count - 1);
    appended++;
  }

  /** Ends the topic. Appender only. */
  void close(int seconds) {
    closedSeconds = seconds;
    closed = true;
  }

  /** {@return whether a closed topic has outlived its time} Appender only. */
  boolean isOver(int seconds) {
    return closed && seconds - closedSeconds >= retention.afterClose().toSeconds();
  }

  /** Takes away what retention no longer covers, the newest event excepted. Appender only. */
  void trim(int seconds) {
    long keptMax = retention.eventsMax();
    long ageSeconds = Math.max(1, retention.age().toSeconds());
    var first = firstKept();
    while (first != null) {
      boolean newest = appended - first.ordinal == 1;
      boolean tooMany = appended - first.ordinal > keptMax;
      boolean tooLarge = bytes > retention.bytesMax() && !newest;
      boolean tooOld = seconds - first.segment.seconds(first.index) >= ageSeconds;
      if (!tooMany && !tooLarge && !tooOld) {
        return;
      }
      trimOne(first);
      first = firstKept();
    }
  }

  /** Takes away the oldest segment. Appender only. Returns false when there is none. */
  boolean trimSegment() {
    int before = segments.length;
    for (var first = firstKept(); first != null; first = firstKept()) {
      trimOne(first);
      if (segments.length < before) {
        return true;
      }
    }
    return false;
  }

  /** Takes away everything. Appender only. */
  void trimAll() {
    while (trimSegment()) {}
    for (var segment : segments) {
      segment.release();
    }
    segments = NONE;
  }

  private void trimOne(Place first) {
    var segment = first.segment;
    long sequence = segment.sequence(first.index);
    bytes -= segment.end(first.index) - segment.start(first.index);
    trimmedInFirst = first.index + 1;
    trimmedOrdinals = first.ordinal + 1;
    trimmedThrough = sequence; // before the segment goes: see the class comment
    var ids = publisherIds;
    if (ids != null && ids.size() > 2 * (appended - first.ordinal)) {
      ids.values().removeIf(s -> s <= sequence);
    }
    if (trimmedInFirst == segment.count()) {
      segments = Arrays.copyOfRange(segments, 1, segments.length);
      trimmedInFirst = 0;
      segment.release();
    }
  }

  private @Nullable Place firstKept() {
    var all = segments;
    if (all.length == 0 || trimmedInFirst >= all[0].count()) {
      return null;
    }
    return new Place(all[0], trimmedInFirst, all[0].firstOrdinal + trimmedInFirst);
  }

  /** {@return the sequence of the event with a publisher's own id, 0 when none is kept} */
  long sequenceOfPublisherId(String id) {
    var ids = publisherIds;
    Long sequence = ids == null ? null : ids.get(id);
    return sequence == null || sequence <= trimmedThrough ? 0 : sequence;
  }

  /** {@return the newest sequence, 0 when nothing was ever appended} Any thread. */
  long latest() {
    var newest = newest();
    return newest == null ? trimmedThrough : newest;
  }

  private @Nullable Long newest() {
    var all = segments;
    for (int i = all.length - 1; i >= 0; i--) {
      int count = all[i].count();
      if (count > 0 && all[i].tryRetain()) {
        long sequence = all[i].sequence(count - 1);
        all[i].release();
        return sequence;
      }
    }
    return null;
  }

  /** {@return the first sequence kept after {@code after}, 0 when there is none} Any thread. */
  long earliestAfter(long after) {
    long from = Math.max(after, trimmedThrough);
    for (var segment : segments) {
      int count = segment.count();
      if (count > 0 && segment.tryRetain()) {
        int index = segment.indexAfter(from, count);
        long sequence = index < count ? segment.sequence(index) : 0;
        segment.release();
        if (sequence > 0) {
          return sequence;
        }
      }
    }
    return 0;
  }

  /** {@return the sequence of the topic's {@code ordinal}-th event, 0 when not kept} Any thread. */
  long sequenceAt(long ordinal) {
    for (var segment : segments) {
      long index = ordinal - segment.firstOrdinal;
      if (index >= 0 && index < segment.count() && segment.tryRetain()) {
        long sequence = segment.sequence((int) index);
        segment.release();
        return sequence > trimmedThrough ? sequence : 0;
      }
    }
    return 0;
  }

  /** {@return what is kept now} Any thread. */
  TopicState state() {
    boolean ended = closed;
    long gone = trimmedThrough;
    long events = 0;
    long wireBytes = 0;
    long everAppended = 0;
    for (var segment : segments) {
      int count = segment.count();
      everAppended = segment.firstOrdinal + count;
      if (count > 0 && segment.tryRetain()) {
        int from = segment.indexAfter(gone, count);
        events += count - from;
        wireBytes += from < count ? segment.end(count - 1) - segment.start(from) : 0;
        segment.release();
      }
    }
    long ever = Math.max(everAppended, trimmedOrdinals);
    return new TopicState(name, earliestAfter(0), latest(), events, wireBytes, ever, ended);
  }

  /** A frame and its ordinal in the topic. */
  private record Place(Segment segment, int index, long ordinal) {}
}
