// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A reader's position in one topic log while it reads; it holds a reference to the segment it is
 * in. Confined to the reading thread.
 */
final class Place {
  /** What a place meets as it moves. */
  enum Found {
    /** A frame: the place is at it. */
    FRAME,
    /** Nothing more yet. */
    END,
    /** Retention was quicker: events after the cursor, that were not told, are gone. */
    GONE,
    /** What is next is on the disk only. */
    COLD
  }

  private final TopicLog log;
  private final long told;
  private Segments segments = Segments.none();
  private int segmentIndex;
  private @Nullable Segment segment;
  private int count;
  int index;
  long sequence; // of the frame here

  Place(TopicLog log, long told) {
    this.log = log;
    this.told = told;
  }

  Segment segment() {
    return Objects.requireNonNull(segment);
  }

  /** {@return frames of the segment that this place may see} */
  int count() {
    return count;
  }

  int frameBytes() {
    return segment().end(index) - segment().start(index);
  }

  /** {@return whether there are visible frames in a later segment} */
  boolean isMoreBeyond() {
    return segmentIndex + 1 < segments.size() && segments.get(segmentIndex + 1).count() > 0;
  }

  /** Moves to the first frame after a cursor; holds its segment only if there is one. */
  Found seek(long after) {
    long excused = Math.max(after, told);
    retry:
    while (true) {
      segments = log.segments;
      for (int i = lastBeginningWithin(segments, after + 1); i < segments.size(); i++) {
        var candidate = segments.get(i);
        int visible = candidate.count();
        if (visible == 0) {
          break; // the newest, just begun
        }
        if (!candidate.tryRetain()) {
          continue retry; // given back just now: the second look explains it
        }
        long gone = log.goneFor(after); // after the segment is held: see TopicLog
        boolean cold = log.coldThrough() > Math.max(after, gone); // likewise
        int at = candidate.indexAfter(Math.max(after, gone), visible);
        if (gone <= excused && !cold && at < visible) {
          enter(candidate, i, visible, at);
          return Found.FRAME;
        }
        candidate.release();
        if (gone > excused || cold) {
          return gone > excused ? Found.GONE : Found.COLD;
        }
      }
      long gone = log.goneFor(after);
      boolean cold = log.coldThrough() > Math.max(after, gone);
      return gone > excused ? Found.GONE : cold ? Found.COLD : Found.END;
    }
  }

  private void enter(Segment candidate, int i, int visible, int at) {
    segment = candidate;
    segmentIndex = i;
    count = visible;
    index = at;
    sequence = candidate.sequence(at);
  }

  /** Moves to the next frame. Lets the segment go unless there is one. */
  Found advance() {
    if (++index < count) {
      sequence = segment().sequence(index);
      return Found.FRAME;
    }
    release();
    return seek(sequence);
  }

  /** Lets the segment go, if one is held. */
  void release() {
    if (segment != null) {
      segment.release();
      segment = null;
    }
  }

  /** {@return the index of the last segment whose first frame is at most a sequence, or 0} */
  private static int lastBeginningWithin(Segments segments, long sequence) {
    int low = 0;
    int high = segments.size() - 1;
    int probe = high; // readers are mostly near the tail
    while (low < high) {
      if (firstSequence(segments.get(probe)) <= sequence) {
        low = probe;
      } else {
        high = probe - 1;
      }
      probe = (low + high + 1) >>> 1;
    }
    return low;
  }

  private static long firstSequence(Segment segment) {
    if (segment.count() == 0) {
      return Long.MAX_VALUE;
    }
    if (!segment.tryRetain()) {
      return 0; // given back: older than all that are kept
    }
    long sequence = segment.sequence(0);
    segment.release();
    return sequence;
  }
}
