// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * Finds the frames after a cursor in one topic log, or merges several by sequence. Stateless.
 *
 * <p>A cursor over several topics is one number because the sequence is the hub's: the next event
 * is the smallest sequence above the cursor in any of the logs. A merge must never hand out
 * sequence 10 of one topic before it could see 9 of another; so it is bounded by the hub's latest
 * sequence as it was <em>before</em> the first log was looked up.
 */
final class TopicReader {
  private TopicReader() {}

  static Read one(TopicLog log, long after, long told, LongSupplier latest, int bytesMax) {
    boolean closed = log.isClosed(); // first: see TopicLog
    return one(log, closed, after, told, Long.MAX_VALUE, latest, bytesMax);
  }

  private static Read one(
      TopicLog log,
      boolean closed,
      long after,
      long told,
      long limit,
      LongSupplier latest,
      int bytesMax) {
    var place = new Place(log, told);
    return switch (place.seek(after)) {
      case GONE -> gap(List.of(log), 0, after, latest);
      case COLD -> Read.COLD;
      case END -> closed ? Read.ENDED : Read.AT_TAIL;
      case FRAME -> run(place, closed, limit, bytesMax);
    };
  }

  /** The frames of one segment up to a sequence; its reference goes over to them. */
  private static Read run(Place place, boolean closed, long limit, int bytesMax) {
    if (place.sequence > limit) {
      place.release();
      return Read.AT_TAIL;
    }
    var segment = place.segment();
    int visible = segment.indexAfter(limit, place.count());
    int end = segment.indexWithin(place.index, visible, bytesMax);
    boolean more = closed || end < place.count() || place.isMoreBeyond();
    return new Frames(segment, place.index, end, more);
  }

  /**
   * Merges. Of one log there is nothing to merge: mostly one of many has news.
   *
   * @param limit the hub's latest sequence before the logs were looked up
   * @param endless whether topics that are not among the logs may have news later
   * @param gone the last sequence gone with topics that are not among the logs
   */
  static Read several(
      List<TopicLog> logs,
      boolean endless,
      long gone,
      long after,
      long told,
      long limit,
      LongSupplier latest,
      int bytesMax) {
    if (gone > Math.max(after, told)) {
      return gap(logs, gone, after, latest);
    }
    boolean closed = !endless;
    for (int i = 0; i < logs.size(); i++) {
      closed &= logs.get(i).isClosed(); // before it is looked into: see TopicLog
    }
    if (logs.size() == 1) {
      return one(logs.get(0), closed, after, told, limit, latest, bytesMax);
    }
    var merge = new Merge(limit, closed, bytesMax);
    boolean cold = false;
    try {
      for (int i = 0; i < logs.size(); i++) {
        var log = logs.get(i);
        var found =
            log.mayHaveAfter(after) ? merge.add(new Place(log, told), after) : Place.Found.END;
        if (found == Place.Found.GONE) {
          return gap(logs, 0, after, latest);
        }
        cold |= found == Place.Found.COLD;
      }
      return cold ? Read.COLD : merge.read();
    } finally {
      merge.release();
    }
  }

  /** Of topics whose retention passed the cursor. */
  private static Read gap(
      List<TopicLog> logs, long goneElsewhere, long after, LongSupplier latest) {
    long through = goneElsewhere;
    long earliest = 0;
    for (var log : logs) {
      long gone = log.goneFor(after);
      if (log.coldThrough() > Math.max(after, gone)) {
        return Read.COLD; // the earliest is on the disk
      }
      through = Math.max(through, gone);
      long first = log.earliestAfter(after);
      if (first > 0 && (earliest == 0 || first < earliest)) {
        earliest = first;
      }
    }
    return new Read.Gap(through, earliest, Math.max(through, latest.getAsLong()));
  }

  /** One merge. Confined to the reading thread. */
  private static final class Merge {
    private static final Comparator<Place> BY_SEQUENCE =
        Comparator.comparingLong(place -> place.sequence);

    private final long limit;
    private final boolean closed;
    private final int bytesMax;
    private final PriorityQueue<Place> places = new PriorityQueue<>(BY_SEQUENCE);
    private boolean more; // there is something that this read does not hand out

    Merge(long limit, boolean closed, int bytesMax) {
      this.limit = limit;
      this.closed = closed;
      this.bytesMax = bytesMax;
    }

    /** Adds a log's place. Returns what it meets. */
    Place.Found add(Place place, long after) {
      var found = place.seek(after);
      addIfFrame(place, found);
      return found;
    }

    private void addIfFrame(Place place, Place.Found found) {
      if (found != Place.Found.FRAME) {
        return;
      }
      if (place.sequence <= limit) {
        places.add(place);
      } else {
        more = true;
        place.release();
      }
    }

    Read read() {
      var first = places.peek();
      if (first == null) {
        return closed && !more ? Read.ENDED : Read.AT_TAIL;
      }
      var merged = new Frames.Builder();
      boolean whole = true;
      for (var next = first; next != null && whole; next = places.peek()) {
        if (!merged.isEmpty() && merged.bytes() + next.frameBytes() > bytesMax) {
          break;
        }
        merged.add(next.segment(), next.index);
        whole = passOver(next.sequence);
      }
      return merged.build(closed || more || !whole || !places.isEmpty());
    }

    /**
     * Moves on every place that is at a sequence: the event may be in several topics. Returns false
     * when events after it are gone, or on the disk only: the frames so far are whole, and the next
     * read tells it.
     */
    private boolean passOver(long sequence) {
      boolean whole = true;
      for (var place = places.peek();
          place != null && place.sequence == sequence;
          place = places.peek()) {
        places.remove();
        var found = place.advance();
        addIfFrame(place, found);
        whole &= found != Place.Found.GONE && found != Place.Found.COLD;
      }
      return whole;
    }

    void release() {
      places.forEach(Place::release);
    }
  }
}
