// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The events of one topic. The appender writes, any thread reads.
 *
 * <p>The appender publishes a frame before it closes the topic: who sees it {@link #closed} and
 * then looks, sees all of it. It moves {@link #trimmedThrough}, or {@link #cold}, before it gives a
 * segment back: who holds a segment and then looks at them knows whether anything before what he
 * holds is gone, or on the disk only. Asked the other way round, events could go unseen between the
 * two looks.
 *
 * <p>Events are written and accepted one by one, and published or rolled back all at once, with the
 * batch of which they are part.
 */
final class TopicLog {
  private static final int SEGMENT_BYTES_MAX = 1 << 18;

  final String name;
  final Retention retention;

  // Written by the appender, read by any thread.
  volatile Segments segments = Segments.none();
  volatile long trimmedThrough; // the last sequence that is gone, of an earlier life too
  volatile long trimmed; // how many events of this life are gone
  volatile long latest; // the newest sequence, of an earlier life too, 0 when none ever was
  volatile boolean closed;
  volatile @Nullable Cold cold; // what is on the disk only, null when nothing is
  private volatile @Nullable ConcurrentHashMap<String, Long> publisherIds;
  private volatile long unstoredFrom; // the first that is in memory only, 0 if all are stored

  // Confined to the appender.
  private long bytes;
  private int restingSince; // seconds when it was closed, or when its last event went
  private long latestAccepted;
  private boolean closing; // with the batch

  /**
   * Events that are on the disk only: all that are kept before an ordinal. Immutable.
   *
   * @param ordinal of the first event that is in memory, if any is
   * @param through the sequence of the last event before it; that one may be trimmed
   * @param bytes wire bytes of those that are kept
   * @param oldestSeconds when the oldest of them was appended
   */
  record Cold(long ordinal, long through, long bytes, int oldestSeconds) {}

  /**
   * Retention no longer covers all that is on the disk only. Immutable.
   *
   * @param kept events kept now, in memory or not
   * @param bytes their wire bytes
   * @param seconds now, in the journal's seconds
   * @param nowSeconds now, since 1970
   */
  record ColdTrim(TopicLog log, long kept, long bytes, int seconds, long nowSeconds) {}

  /** A topic whose earlier lives came up to a sequence, 0 if there were none. */
  TopicLog(String name, Retention retention, long forgottenThrough) {
    this.name = name;
    this.retention = retention;
    this.trimmedThrough = forgottenThrough;
    this.latest = forgottenThrough;
    this.latestAccepted = forgottenThrough;
  }

  /** A topic as it was found on the disk. */
  static TopicLog stored(StoredTopic found, Retention retention, Cold cold, int restingSince) {
    var log = new TopicLog(found.name, retention, found.trimmedThrough);
    log.trimmed = found.trimmed;
    log.latest = found.latest;
    log.latestAccepted = found.latest;
    log.bytes = cold.bytes;
    log.cold = found.appended > found.trimmed ? cold : null;
    log.closed = found.closed;
    log.restingSince = restingSince;
    if (found.ids != null) {
      found.ids.forEach(log::remember);
    }
    return log;
  }

  // ---- The appender's side.

  /**
   * Writes a frame, neither visible nor accepted. Returns false when memory has run out; what may
   * have been written is written over by the next call.
   */
  boolean write(
      SegmentMemory memory,
      TrimOrder order,
      long sequence,
      int seconds,
      IdLine idLine,
      byte[] rest) {
    var newest = newest();
    if (newest != null && newest.write(sequence, seconds, idLine, rest)) {
      return true;
    }
    if (newest != null && newest.accepted() == 0) {
      // Left by an append that failed in another topic: only the newest may be without frames.
      segments = segments.withoutNewest();
      order.remove(newest);
      newest.release();
    }
    int needed = Chunks.framedBytes(idLine.length() + rest.length) + Segment.ENTRY_BYTES;
    // In step with what is kept: few segments for a large topic, little waste for a small one.
    int wanted = (int) Math.min(2 * bytes, SEGMENT_BYTES_MAX);
    var block = memory.allocate(Math.max(needed, wanted));
    if (block == null && wanted > needed) {
      block = memory.allocate(needed);
    }
    if (block == null) {
      return false;
    }
    var segment = new Segment(block, this, accepted());
    if (!segment.write(sequence, seconds, idLine, rest)) {
      throw new IllegalStateException("frame: does not fit the segment made for it");
    }
    order.add(segment);
    segments = segments.plus(segment); // without a visible frame until publish()
    return true;
  }

  /** Makes a publisher's id known, before its event is visible. */
  void remember(String publisherId, long sequence) {
    var ids = publisherIds;
    if (ids == null) {
      ids = new ConcurrentHashMap<>(4);
      publisherIds = ids;
    }
    long gone = trimmedThrough;
    ids.merge(publisherId, sequence, (before, now) -> before > gone ? before : now);
  }

  /** Keeps the frame written last, still invisible. Cannot fail. */
  void accept(long sequence) {
    var all = segments;
    all.get(all.size() - 1).accept();
    latestAccepted = sequence;
  }

  /** Makes the frames accepted visible. Allocates nothing: it cannot fail half-way. */
  void publish() {
    var all = segments;
    int first = all.size();
    while (first > 0 && all.get(first - 1).accepted() > all.get(first - 1).count()) {
      first--;
    }
    for (int i = first; i < all.size(); i++) { // oldest first: see Place
      var segment = all.get(i);
      int before = segment.count();
      segment.publish();
      bytes += segment.end(segment.count() - 1) - segment.start(before);
    }
    latest = latestAccepted;
  }

  /** Takes back the frames that are not visible, and the end that is not. */
  void rollBack(TrimOrder order) {
    for (var newest = newest(); newest != null && newest.count() == 0; newest = newest()) {
      segments = segments.withoutNewest();
      order.remove(newest);
      newest.release();
    }
    var newest = newest();
    if (newest != null) {
      newest.rollBack();
    }
    latestAccepted = latest;
    closing = false;
    var ids = publisherIds;
    if (ids != null) {
      long last = latest;
      ids.values().removeIf(sequence -> sequence > last);
    }
  }

  /** No more events: it is closed with the batch. Returns false when it was closed before. */
  boolean beginClosing() {
    boolean open = !closed && !closing;
    closing = true;
    return open;
  }

  /** {@return whether it takes no more events} */
  boolean isClosing() {
    return closed || closing;
  }

  /** {@return the ordinal of the next event to be accepted} */
  long accepted() {
    var newest = newest();
    return newest == null ? appended() : newest.firstOrdinal + newest.accepted();
  }

  /** From this event on all of the topic is in memory only. */
  void unstored(long sequence) {
    unstoredFrom = unstoredFrom == 0 ? sequence : unstoredFrom;
  }

  boolean isUnstored() {
    return unstoredFrom != 0;
  }

  /** Ends the topic. */
  void close(TrimOrder order, int seconds) {
    order.closing(this);
    restingSince = seconds;
    closed = true;
  }

  /** {@return whether it has been closed, or empty, for longer than it is to be kept} */
  boolean isOver(int seconds) {
    return (closed || appended() == trimmed)
        && seconds - restingSince > ceilSeconds(retention.afterClose());
  }

  /**
   * Takes away what retention no longer covers. Returns whether some of that is on the disk only,
   * where somebody else must look how much it is.
   */
  boolean trim(TrimOrder order, int seconds) {
    long ageSeconds = ceilSeconds(retention.age());
    long kept = appended() - trimmed;
    var before = cold;
    if (before != null && before.ordinal > trimmed) {
      return kept > retention.eventsMax()
          || (bytes > retention.bytesMax() && kept > 1)
          || seconds - before.oldestSeconds > ageSeconds;
    }
    while (kept > 0) {
      var oldest = segments.get(0);
      int from = (int) (trimmed - oldest.firstOrdinal);
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
      trimTo(order, oldest, to, seconds);
      if (to < count) {
        return false;
      }
    }
    return false;
  }

  /** Takes away events that are on the disk only, before an ordinal and through a sequence. */
  void trimCold(long ordinal, long through, long goneBytes, int oldestSeconds, int seconds) {
    var before = cold;
    if (before == null || ordinal <= trimmed || ordinal > before.ordinal) {
      return;
    }
    bytes -= goneBytes;
    trimmed = ordinal;
    trimmedThrough = through;
    if (ordinal == before.ordinal) {
      cold = null;
    } else {
      cold = new Cold(before.ordinal, before.through, before.bytes - goneBytes, oldestSeconds);
    }
    if (appended() == trimmed && !closed) {
      restingSince = seconds;
    }
    forgetIds(0);
  }

  /** {@return what is to be looked at when {@link #trim} says so} */
  ColdTrim coldTrim(int seconds, long nowSeconds) {
    return new ColdTrim(this, appended() - trimmed, bytes, seconds, nowSeconds);
  }

  /** Lets the oldest segment go from memory: its events are on the disk. */
  void evictSegment(TrimOrder order, int seconds) {
    var oldest = segments.get(0);
    int count = oldest.count();
    if (count == 0) {
      trimSegment(order, seconds); // left by an append that failed, or begun by the present one
      return;
    }
    long last = oldest.sequence(count - 1);
    if (unstoredFrom != 0 && last >= unstoredFrom) {
      trimSegment(order, seconds);
      return;
    }
    var before = cold;
    boolean first = before == null || before.ordinal <= trimmed;
    int from = (int) Math.max(0, trimmed - oldest.firstOrdinal);
    long coldBytes = (long) oldest.end(count - 1) - oldest.start(from);
    cold =
        new Cold( // before the segment goes: see the class comment
            oldest.firstOrdinal + count,
            last,
            first || before == null ? coldBytes : before.bytes + coldBytes,
            first || before == null ? oldest.seconds(from) : before.oldestSeconds);
    segments = segments.withoutOldest();
    order.remove(oldest);
    oldest.release();
  }

  /** Takes away the oldest segment. */
  void trimSegment(TrimOrder order, int seconds) {
    var oldest = segments.get(0);
    int count = oldest.count();
    if (count > 0) {
      int from = (int) Math.max(0, trimmed - oldest.firstOrdinal);
      bytes -= oldest.end(count - 1) - oldest.start(from);
      var before = cold;
      bytes -= before == null || before.ordinal <= trimmed ? 0 : before.bytes;
    }
    trimTo(order, oldest, count, seconds);
  }

  /** Gives everything back. */
  void discard(TrimOrder order) {
    while (segments.size() > 0) {
      trimSegment(order, 0);
    }
    var before = cold;
    if (before != null && before.ordinal > trimmed) {
      trimmed = before.ordinal;
      trimmedThrough = before.through;
    }
  }

  private void trimTo(TrimOrder order, Segment oldest, int to, int seconds) {
    int count = oldest.count();
    if (to > 0) {
      trimmed = oldest.firstOrdinal + to;
      trimmedThrough = oldest.sequence(to - 1); // before the segment goes: see the class comment
      cold = null; // if there was something, it is older
    }
    if (to == count) {
      segments = segments.withoutOldest();
      order.remove(oldest);
      oldest.release();
    }
    if (appended() == trimmed && !closed) {
      restingSince = seconds;
    }
    forgetIds(0);
  }

  /**
   * Lets ids of trimmed events go once they outnumber the kept ones: constant work per event. Those
   * up to a sequence go at once: they are found on the disk.
   */
  void forgetIds(long foundOnDiskThrough) {
    var ids = publisherIds;
    if (ids == null) {
      return;
    }
    long kept = appended() - trimmed;
    if (kept == 0) {
      publisherIds = null;
    } else if (foundOnDiskThrough > 0 || ids.size() > 2 * kept) {
      long stored = unstoredFrom == 0 ? foundOnDiskThrough : 0;
      long gone = Math.max(trimmedThrough, stored);
      ids.values().removeIf(sequence -> sequence <= gone);
    }
  }

  /** Events ever appended in this life. */
  private long appended() {
    var newest = newest();
    if (newest != null) {
      return newest.firstOrdinal + newest.count();
    }
    var before = cold;
    return before == null ? trimmed : Math.max(trimmed, before.ordinal);
  }

  private @Nullable Segment newest() {
    var all = segments;
    return all.size() == 0 ? null : all.get(all.size() - 1);
  }

  /** Whole seconds that are at least the duration, as far as an int of seconds can tell. */
  private static long ceilSeconds(Duration duration) {
    long seconds = Math.min(duration.getSeconds(), Integer.MAX_VALUE);
    return duration.getNano() == 0 ? seconds : seconds + 1;
  }

  // ---- Any thread's side.

  /** {@return the last sequence that a cursor misses because it is gone} */
  long goneFor(long after) {
    // Cursor 0 misses nothing of an earlier life of the name: it was never there.
    return after == 0 && trimmed == 0 ? 0 : trimmedThrough;
  }

  /** {@return the last sequence that is on the disk only, 0 when none is} */
  long coldThrough() {
    var now = cold;
    return now == null ? 0 : now.through;
  }

  /** {@return the sequence of the event with a publisher's own id, or else when none is kept} */
  long sequenceOfPublisherId(String id, long otherwise) {
    var ids = publisherIds;
    Long sequence = ids == null ? null : ids.get(id);
    return sequence == null || sequence <= trimmedThrough ? otherwise : sequence;
  }

  /** {@return the first sequence kept in memory after {@code after}, 0 when there is none} */
  long earliestAfter(long after) {
    var place = new Place(this, Long.MAX_VALUE);
    if (place.seek(after) != Place.Found.FRAME) {
      return 0;
    }
    long sequence = place.sequence;
    place.release();
    return sequence;
  }

  /** {@return the sequence of the topic's {@code ordinal}-th event, 0 when not in memory} */
  long sequenceAt(long ordinal) {
    var all = segments;
    for (int i = all.size() - 1; i >= 0; i--) {
      var segment = all.get(i);
      long index = ordinal - segment.firstOrdinal;
      if (index >= 0) {
        if (index >= segment.count() || !segment.tryRetain()) {
          return 0;
        }
        long sequence = segment.sequence((int) index);
        segment.release();
        return sequence > trimmedThrough ? sequence : 0;
      }
    }
    return 0;
  }

  /** {@return what is kept now} */
  TopicState state() {
    boolean ended = closed;
    long gone = trimmed;
    var before = cold;
    boolean anyCold = before != null && before.ordinal > gone;
    long ever = before == null ? gone : Math.max(gone, before.ordinal);
    long wireBytes = anyCold && before != null ? before.bytes : 0;
    var all = segments;
    for (int i = 0; i < all.size(); i++) {
      var segment = all.get(i);
      int count = segment.count();
      if (count == 0) {
        break; // written, not visible
      }
      ever = Math.max(ever, segment.firstOrdinal + count);
      int from = (int) Math.max(0, gone - segment.firstOrdinal);
      if (from < count && segment.tryRetain()) {
        wireBytes += segment.end(count - 1) - segment.start(from);
        segment.release();
      }
    }
    return new TopicState(
        name,
        earliestAfter(0),
        ever == 0 ? 0 : latest,
        ever - gone,
        wireBytes,
        ever,
        ended,
        unstoredFrom == 0);
  }
}
