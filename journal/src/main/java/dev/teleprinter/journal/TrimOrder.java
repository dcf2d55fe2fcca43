// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import org.jspecify.annotations.Nullable;

/**
 * Every segment in the order in which it gives way when memory is used up: those of closed topics
 * first, the longest closed before the others; then the oldest. Confined to the appender.
 *
 * <p>Two lists linked through the segments themselves: a million topics cost no more here than
 * three references each, and any segment leaves at once.
 */
final class TrimOrder {
  private final Line ofOpen = new Line();
  private final Line ofClosed = new Line();
  private int size;

  /** {@return how many segments there are} */
  int size() {
    return size;
  }

  /** Adds a new segment of an open topic. */
  void add(Segment segment) {
    ofOpen.add(segment);
    size++;
  }

  /** Takes out a segment that goes. */
  void remove(Segment segment) {
    (segment.topic.isClosed() ? ofClosed : ofOpen).remove(segment);
    size--;
  }

  /** Moves the segments of a topic that is about to be closed. */
  void closing(TopicLog topic) {
    var segments = topic.segments;
    for (int i = 0; i < segments.size(); i++) {
      ofOpen.remove(segments.get(i));
      ofClosed.add(segments.get(i));
    }
  }

  /** {@return the segment to give way now, null when there is none} */
  @Nullable Segment first() {
    return ofClosed.oldest != null ? ofClosed.oldest : ofOpen.oldest;
  }

  private static final class Line {
    private @Nullable Segment oldest;
    private @Nullable Segment newest;

    void add(Segment segment) {
      segment.older = newest;
      if (newest == null) {
        oldest = segment;
      } else {
        newest.newer = segment;
      }
      newest = segment;
    }

    void remove(Segment segment) {
      var older = segment.older;
      var newer = segment.newer;
      if (older == null) {
        oldest = newer;
      } else {
        older.newer = newer;
      }
      if (newer == null) {
        newest = older;
      } else {
        newer.older = older;
      }
      segment.older = null;
      segment.newer = null;
    }
  }
}
