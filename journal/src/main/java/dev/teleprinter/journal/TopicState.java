// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * What is kept of one topic at one moment. Immutable.
 *
 * @param name the topic
 * @param earliest the first sequence kept, 0 when none is
 * @param latest the last sequence appended, 0 when none ever was
 * @param events how many are kept
 * @param bytes their wire size
 * @param appended how many were ever appended: the next event's ordinal
 * @param closed whether it has ended
 * @param stored false when events of it are in memory only though they were to be on the disk
 */
public record TopicState(
    String name,
    long earliest,
    long latest,
    long events,
    long bytes,
    long appended,
    boolean closed,
    boolean stored) {
  /** Of a topic that is kept as it was to be. */
  public TopicState(
      String name,
      long earliest,
      long latest,
      long events,
      long bytes,
      long appended,
      boolean closed) {
    this(name, earliest, latest, events, bytes, appended, closed, true);
  }

  /** {@return what a log keeps in memory, and what is known of what it has on the disk} */
  static TopicState of(TopicLog log) {
    boolean closed = log.isClosed(); // first: see TopicLog
    long gone = log.trimmed();
    var cold = log.cold;
    long appended = cold == null ? gone : Math.max(gone, cold.ordinal());
    long bytes = cold == null || cold.ordinal() <= gone ? 0 : cold.bytes();
    var segments = log.segments;
    for (int i = 0; i < segments.size(); i++) {
      var segment = segments.get(i);
      int count = segment.count();
      if (count == 0) {
        break; // written, not visible
      }
      appended = Math.max(appended, segment.firstOrdinal + count);
      int from = (int) Math.max(0, gone - segment.firstOrdinal);
      if (from < count && segment.tryRetain()) {
        bytes += segment.end(count - 1) - segment.start(from);
        segment.release();
      }
    }
    return new TopicState(
        log.name,
        log.earliestAfter(0),
        appended == 0 ? 0 : log.latest,
        appended - gone,
        bytes,
        appended,
        closed,
        !log.isUnstored(Long.MAX_VALUE));
  }
}
