// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The events of one topic. The appender writes, any thread reads.
 *
 * <p>The appender publishes a frame before it closes the topic: who sees it {@link #closed} and
 * then looks, sees all of it. It moves {@link #trimmedThrough} before it gives a segment back: who
 * holds a segment and then looks at {@code trimmedThrough} knows whether anything before what he
 * holds is gone. Asked the other way round, events could go unseen between the two looks.
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
  private volatile @Nullable ConcurrentHashMap<String, Long> publisherIds;

  // Confined to the appender.
  private long bytes;
  private int restingSince; // seconds when it was closed, or when its last event went

  /** A topic whose earlier lives came up to a sequence, 0 if there were none. */
  TopicLog(String name, Retention retention, long forgottenThrough) {
    this.name = name;
    this.retention = retention;
    this.trimmedThrough = forgottenThrough;
    this.latest = forgottenThrough;
  }

  // ---- The appender's side.

  /**
   * Writes a frame, not yet visible. Returns false when memory has run out; what may have been
   * written is written over by the next call.
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
    if (newest != null && newest.count() == 0) {
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
    var segment = new Segment(block, this, appended());
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

  /** Makes the frame written last visible. Allocates nothing: it cannot fail half-way. */
  void publish(long sequence) {
    var all = segments;
    var newest = all.get(all.size() - 1);
    newest.publish();
    latest = sequence;
    int count = newest.count();
    bytes += newest.end(count - 1) - newest.start(count - 1);
  }

  /** Ends the topic. */
  void close(TrimOrder order, int seconds) {
    order.closing(this);
    restingSince = seconds;
    closed = true;
  }

  /** {@return whether it has been closed, or empty, for longer than it is to be kept} */
  boolean isOver(int seconds) {
    return (closed || segments.size() == 0)
        && seconds - restingSince > ceilSeconds(retention.afterClose());
  }

  /** Takes away what retention no longer covers. */
  void trim(TrimOrder order, int seconds) {
    long ageSeconds = ceilSeconds(retention.age());
    long kept = appended() - trimmed;
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
        return;
      }
      trimTo(order, oldest, to, seconds);
      if (to < count) {
        return;
      }
    }
  }

  /** Takes away the oldest segment. */
  void trimSegment(TrimOrder order, int seconds) {
    var oldest = segments.get(0);
    int count = oldest.count();
    if (count > 0) {
      int from = (int) (trimmed - oldest.firstOrdinal);
      bytes -= oldest.end(count - 1) - oldest.start(from);
    }
    trimTo(order, oldest, count, seconds);
  }

  /** Gives everything back. */
  void discard(TrimOrder order) {
    while (segments.size() > 0) {
      trimSegment(order, 0);
    }
  }

  private void trimTo(TrimOrder order, Segment oldest, int to, int seconds) {
    int count = oldest.count();
    if (to > 0) {
      trimmed = oldest.firstOrdinal + to;
      trimmedThrough = oldest.sequence(to - 1); // before the segment goes: see the class comment
    }
    if (to == count) {
      segments = segments.withoutOldest();
      order.remove(oldest);
      oldest.release();
    }
    if (segments.size() == 0 && !closed) {
      restingSince = seconds;
    }
    forgetIds();
  }

  /** Lets ids of trimmed events go once they outnumber the kept ones: constant work per event. */
  private void forgetIds() {
    var ids = publisherIds;
    if (ids == null) {
      return;
    }
    long kept = appended() - trimmed;
    if (kept == 0) {
      publisherIds = null;
    } else if (ids.size() > 2 * kept) {
      long gone = trimmedThrough;
      ids.values().removeIf(sequence -> sequence <= gone);
    }
  }

  /** Events ever appended in this life. */
  private long appended() {
    var newest = newest();
    return newest == null ? trimmed : newest.firstOrdinal + newest.count();
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

  /** {@return the sequence of the event with a publisher's own id, or else when none is kept} */
  long sequenceOfPublisherId(String id, long otherwise) {
    var ids = publisherIds;
    Long sequence = ids == null ? null : ids.get(id);
    return sequence == null || sequence <= trimmedThrough ? otherwise : sequence;
  }

  /** {@return the first sequence kept after {@code after}, 0 when there is none} */
  long earliestAfter(long after) {
    var place = new Place(this, Long.MAX_VALUE);
    if (place.seek(after) != Place.Found.FRAME) {
      return 0;
    }
    long sequence = place.sequence;
    place.release();
    return sequence;
  }

  /** {@return the sequence of the topic's {@code ordinal}-th event, 0 when not kept} */
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
    long ever = gone;
    long wireBytes = 0;
    var all = segments;
    for (int i = 0; i < all.size(); i++) {
      var segment = all.get(i);
      int count = segment.count();
      ever = Math.max(ever, segment.firstOrdinal + count);
      int from = (int) Math.max(0, gone - segment.firstOrdinal);
      if (from < count && segment.tryRetain()) {
        wireBytes += segment.end(count - 1) - segment.start(from);
        segment.release();
      }
    }
    return new TopicState(
        name, earliestAfter(0), ever == 0 ? 0 : latest, ever - gone, wireBytes, ever, ended);
  }
}
