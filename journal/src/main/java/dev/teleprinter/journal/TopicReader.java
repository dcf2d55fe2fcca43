// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the frames after a cursor in one topic log, or merges several by sequence. Stateless.
 *
 * <p>A cursor over several topics is one number because the sequence is the hub's: the next event
 * is the smallest sequence above the cursor in any of the logs. A merge must never hand out
 * sequence 10 of one topic before it could see 9 of another; so it is bounded by the hub's latest
 * sequence as it was <em>before</em> it looked at the first log.
 */
final class TopicReader {
  private TopicReader() {}

  static Read one(TopicLog log, long after, long told, long hubLatest, int bytesMax) {
    for (; ; ) {
      boolean closed = log.closed; // first: see TopicLog
      long gone = log.trimmedThrough;
      if (gone > Math.max(after, told)) {
        return new Read.Gap(gone, log.earliestAfter(after), hubLatest);
      }
      long from = Math.max(after, gone);
      var segments = log.segments;
      int i = segments.length - 1;
      while (i > 0 && firstSequence(segments[i]) > from + 1) {
        i--; // from the newest backwards: readers are mostly near the tail
      }
      Frames frames = null;
      boolean vanished = false;
      for (; i >= 0 && i < segments.length && frames == null && !vanished; i++) {
        var segment = segments[i];
        int count = segment.count();
        if (count == 0) {
          continue;
        }
        if (segment.tryRetain()) {
          boolean beyond = closed || i < segments.length - 1;
          frames = framesIn(segment, count, from, bytesMax, beyond);
        } else {
          vanished = true;
        }
      }
      if (frames != null) {
        return frames;
      }
      if (!vanished) {
        return closed ? Read.ENDED : Read.AT_TAIL;
      }
    }
  }

  /** Takes over the reference to the segment. */
  private static @Nullable Frames framesIn(
      Segment segment, int count, long from, int bytesMax, boolean beyond) {
    int index = segment.indexAfter(from, count);
    if (index == count) {
      segment.release();
      return null;
    }
    int end = segment.indexWithin(index, count, bytesMax);
    return new Frames(
        new Segment[] {segment},
        new int[] {index},
        new int[] {end},
        1,
        segment.sequence(end - 1),
        beyond || end < count);
  }

  private static long firstSequence(Segment segment) {
    if (segment.count() == 0 || !segment.tryRetain()) {
      return Long.MAX_VALUE;
    }
    long sequence = segment.sequence(0);
    segment.release();
    return sequence;
  }

  static Read several(
      Collection<TopicLog> logs,
      boolean endless,
      long after,
      long told,
      LongSupplier latest,
      int max) {
    boolean closed = !endless;
    for (var log : logs) {
      closed &= log.closed; // before latest: what is closed has its last event within it
    }
    long hubLatest = latest.getAsLong();
    long gone = 0;
    for (var log : logs) {
      gone = Math.max(gone, log.trimmedThrough);
    }
    if (gone > Math.max(after, told)) {
      return new Read.Gap(gone, earliest(logs, after), hubLatest);
    }
    var places = new ArrayList<Place>();
    for (var log : logs) {
      if (log.latest() > after) {
        var place = new Place(log, after, hubLatest);
        if (place.sequence > 0) {
          places.add(place);
        }
      }
    }
    if (places.isEmpty()) {
      return closed ? Read.ENDED : Read.AT_TAIL;
    }
    var merged = new Merged();
    while (!places.isEmpty() && merged.bytes < max) {
      merged.takeNext(places);
    }
    boolean more = closed || !places.isEmpty();
    places.forEach(Place::release);
    return merged.frames(more);
  }

  static long earliest(Collection<TopicLog> logs, long after) {
    long earliest = 0;
    for (var log : logs) {
      long first = log.earliestAfter(after);
      if (first > 0 && (earliest == 0 || first < earliest)) {
        earliest = first;
      }
    }
    return earliest;
  }

  /** Frames collected in sequence; neighbours in one segment become one slice. */
  private static final class Merged {
    private Segment[] segments = new Segment[8];
    private int[] from = new int[8];
    private int[] to = new int[8];
    private int slices;
    private long through;
    int bytes;

    /** Takes the frame with the smallest sequence; copies of it in other topics are passed over. */
    void takeNext(List<Place> places) {
      Place next = places.get(0);
      for (var place : places) {
        if (place.sequence < next.sequence) {
          next = place;
        }
      }
      long sequence = next.sequence;
      add(next);
      for (int i = places.size() - 1; i >= 0; i--) {
        var place = places.get(i);
        if (place.sequence == sequence && !place.advance()) {
          places.remove(i);
        }
      }
      through = sequence;
    }

    private void add(Place place) {
      var segment = place.segment();
      bytes += segment.end(place.index) - segment.start(place.index);
      if (slices > 0 && segments[slices - 1] == segment && to[slices - 1] == place.index) {
        to[slices - 1]++;
        return;
      }
      if (slices == segments.length) {
        segments = Arrays.copyOf(segments, slices * 2);
        from = Arrays.copyOf(from, slices * 2);
        to = Arrays.copyOf(to, slices * 2);
      }
      if (!segment.tryRetain()) {
        throw new IllegalStateException("segment: given back while a place holds it");
      }
      segments[slices] = segment;
      from[slices] = place.index;
      to[slices] = place.index + 1;
      slices++;
    }

    Frames frames(boolean more) {
      return new Frames(segments, from, to, slices, through, more);
    }
  }

  /** A position in one log during a merge; holds a reference to its segment. */
  private static final class Place {
    private final TopicLog log;
    private final long limit;
    private @Nullable Segment segment;
    private int count;
    int index;
    long sequence; // of the frame here, 0 at the end

    Place(TopicLog log, long after, long limit) {
      this.log = log;
      this.limit = limit;
      seek(after);
    }

    Segment segment() {
      return java.util.Objects.requireNonNull(segment);
    }

    /** Moves to the next frame. Returns false at the end, with the reference dropped. */
    boolean advance() {
      if (++index < count) {
        sequence = segment().sequence(index);
        if (sequence > limit) {
          release();
        }
      } else {
        long after = sequence;
        release();
        seek(after);
      }
      return sequence > 0;
    }

    private void seek(long after) {
      for (var candidate : log.segments) {
        int visible = candidate.count();
        if (visible == 0 || !candidate.tryRetain()) {
          continue; // trimmed just now: the next read tells the gap
        }
        int at = candidate.indexAfter(Math.max(after, log.trimmedThrough), visible);
        if (at < visible && candidate.sequence(at) <= limit) {
          segment = candidate;
          count = visible;
          index = at;
          sequence = candidate.sequence(at);
          return;
        }
        candidate.release();
      }
      sequence = 0;
    }

    void release() {
      if (segment != null) {
        segment.release();
        segment = null;
      }
      sequence = 0;
    }
  }
}
