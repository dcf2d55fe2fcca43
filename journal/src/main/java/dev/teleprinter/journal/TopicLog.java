// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import org.jspecify.annotations.Nullable;

/**
 * The events of one topic. The appender writes, any thread reads.
 *
 * <p>The appender publishes a frame before it closes the topic: who sees it {@link #isClosed} and
 * then looks, sees all of it. It moves {@link #trimmedThrough}, or {@link #cold}, before it gives a
 * segment back: who holds a segment and then looks at them knows whether anything before what he
 * holds is gone, or on the disk only. Asked the other way round, events could go unseen between the
 * two looks.
 *
 * <p>Events are written and accepted one by one, and published or rolled back all at once, with the
 * batch of which they are part. {@link TopicTrimmer} takes them away again.
 *
 * <p>There may be a million of these, most of them idle: 40 bytes each, and 40 for the one segment.
 * Therefore what few of them need is in a {@link TopicPast}, and what a segment knows is not kept
 * here again.
 */
final class TopicLog {
  private static final int SEGMENT_BYTES_MAX = 1 << 16; // an open topic has one that is not full

  // States of closedAt before it is a time.
  private static final int OPEN = Integer.MIN_VALUE;
  private static final int CLOSING = OPEN + 1; // with the batch

  final String name;
  final Retention retention;

  // Written by the appender, read by any thread.
  volatile Segments segments = Segments.none();
  volatile long latest; // the newest sequence, of an earlier life too, 0 when none ever was
  volatile @Nullable Cold cold; // what is on the disk only, null when nothing is
  private volatile @Nullable TopicPast past; // once there it stays; null says that all of it is 0
  private volatile int closedAt = OPEN; // in the journal's seconds

  /**
   * Events that are on the disk only: all that are kept before an ordinal, one at least. Immutable.
   *
   * @param ordinal of the first event that is in memory, if any is
   * @param through the sequence of the last event before it; that one may be trimmed
   * @param bytes wire bytes of those that are kept
   * @param oldestSeconds when the oldest of them was appended
   */
  record Cold(long ordinal, long through, long bytes, int oldestSeconds) {}

  /** A topic whose earlier lives came up to a sequence, 0 if there were none. */
  TopicLog(String name, Retention retention, long forgottenThrough) {
    this.name = name;
    this.retention = retention;
    this.latest = forgottenThrough;
    if (forgottenThrough > 0) {
      past().trimmedThrough = forgottenThrough;
    }
  }

  /**
   * A topic as it was found on the disk.
   *
   * @param inFiles all of its events
   * @param closedAt in the journal's seconds, if it is closed
   */
  static TopicLog stored(StoredTopic found, Retention retention, Cold inFiles, long closedAt) {
    var log = new TopicLog(found.name, retention, found.trimmedThrough);
    if (found.trimmed > 0) {
      log.past().trimmed = found.trimmed;
    }
    log.latest = found.latest;
    log.cold = found.appended > found.trimmed ? inFiles : null;
    if (found.isClosed()) {
      log.closedAt = Math.clamp(closedAt, CLOSING + 1, Integer.MAX_VALUE);
    }
    var ids = found.ids;
    if (ids != null) {
      for (var each = ids.entrySet().iterator();
          each.hasNext();
          each.remove()) { // not both at once
        var id = each.next();
        log.past().remember(id.getKey(), id.getValue());
      }
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
      removeNewest(order, newest);
    }
    int needed = Chunks.framedBytes(idLine.length() + rest.length) + Segment.ENTRY_BYTES;
    // In step with what is kept: few segments for a large topic, little waste for a small one.
    int wanted = (int) Math.min(2 * bytes(), SEGMENT_BYTES_MAX);
    var block = memory.allocate(Math.max(needed, wanted));
    while (block == null && wanted > needed) { // who has little room has many small ones free
      wanted /= 4;
      block = memory.allocate(Math.max(needed, wanted));
    }
    if (block == null) {
      return false;
    }
    var segment = new Segment(block, this, accepted());
    if (!segment.write(sequence, seconds, idLine, rest)) {
      throw new IllegalStateException("frame: does not fit the segment made for it");
    }
    addNewest(order, segment);
    return true;
  }

  /** Adds a segment, without a visible frame until {@link #publish}. */
  private void addNewest(TrimOrder order, Segment segment) {
    var before = newest();
    if (before != null) {
      past().olderBytes += before.visibleBytes();
    }
    order.add(segment);
    segments = segments.plus(segment);
  }

  private void removeNewest(TrimOrder order, Segment newest) {
    segments = segments.withoutNewest();
    order.remove(newest);
    newest.release();
    var before = newest();
    if (before != null) {
      past().olderBytes -= before.visibleBytes();
    }
  }

  /** Keeps the frame written last, still invisible. Cannot fail. */
  void accept() {
    var all = segments;
    all.get(all.size() - 1).accept();
  }

  /** Makes the frames accepted visible. Allocates nothing: it cannot fail half-way. */
  void publish() {
    var all = segments;
    int first = all.size();
    // The newest may be without frames: see write().
    while (first > 0 && (all.get(first - 1).isPartlyVisible() || all.get(first - 1).isEmpty())) {
      first--;
    }
    for (int i = first; i < all.size(); i++) { // oldest first: see Place
      var segment = all.get(i);
      if (i + 1 < all.size()) {
        past().olderBytes += segment.acceptedBytes() - segment.visibleBytes();
      }
      segment.publish();
      if (!segment.isEmpty()) {
        latest = segment.sequence(segment.accepted() - 1);
      }
    }
  }

  /**
   * Takes back the frames that are not visible, and the end that is not. Returns the bytes that
   * were reserved for publishers' ids that go with them.
   */
  long rollBack(TrimOrder order) {
    for (var newest = newest(); newest != null && newest.count() == 0; newest = newest()) {
      removeNewest(order, newest);
    }
    var newest = newest();
    if (newest != null) {
      newest.rollBack();
    }
    if (closedAt == CLOSING) {
      closedAt = OPEN;
    }
    var now = past;
    return now == null ? 0 : now.forgetIdsAfter(latest);
  }

  /** No more events: it is closed with the batch. Returns false when it was closed before. */
  boolean beginClosing() {
    boolean open = closedAt == OPEN;
    if (open) {
      closedAt = CLOSING;
    }
    return open;
  }

  /** {@return whether it takes no more events} */
  boolean isClosing() {
    return closedAt != OPEN;
  }

  /** Ends the topic. */
  void close(TrimOrder order, int seconds) {
    order.closing(this);
    closedAt = seconds;
  }

  /** {@return when it was closed, or when its last event went, in the journal's seconds} */
  long restingSince() {
    return isClosed() ? closedAt : past == null ? 0 : past().emptySince;
  }

  /** {@return the ordinal of the next event to be accepted} */
  long accepted() {
    var newest = newest();
    return newest == null ? appended() : newest.firstOrdinal + newest.accepted();
  }

  /** {@return events that are kept and visible} */
  long kept() {
    return appended() - trimmed();
  }

  /** {@return the wire bytes of what is kept and visible} */
  long bytes() {
    var now = past;
    var before = cold;
    var newest = newest();
    return (before == null ? 0 : before.bytes)
        + (now == null ? 0 : now.olderBytes)
        + (newest == null ? 0 : newest.visibleBytes());
  }

  /** Events ever appended in this life. */
  private long appended() {
    var newest = newest();
    if (newest != null) {
      return newest.firstOrdinal + newest.count();
    }
    var before = cold;
    return before == null ? trimmed() : before.ordinal;
  }

  private @Nullable Segment newest() {
    var all = segments;
    return all.size() == 0 ? null : all.get(all.size() - 1);
  }

  /** {@return the past, which is begun if there is none: then all of it is 0} */
  TopicPast past() {
    var now = past;
    if (now == null) {
      now = new TopicPast();
      past = now;
    }
    return now;
  }

  // ---- Any thread's side.

  /** {@return the past, null when there is none} */
  @Nullable TopicPast pastIfAny() {
    return past;
  }

  /** {@return whether it has ended} To be asked before it is read: see the class comment. */
  boolean isClosed() {
    return closedAt > CLOSING;
  }

  /** {@return the last sequence that is gone, of an earlier life too} */
  long trimmedThrough() {
    var now = past;
    return now == null ? 0 : now.trimmedThrough;
  }

  /** {@return how many events of this life are gone} */
  long trimmed() {
    var now = past;
    return now == null ? 0 : now.trimmed;
  }

  /** {@return whether an event is in memory only, and never comes to the disk} */
  boolean isUnstored(long sequence) {
    var now = past;
    return now != null && now.isUnstored(sequence);
  }

  /** {@return the sequence of the event with a publisher's own id, or else when none is kept} */
  long sequenceOfPublisherId(String id, long otherwise) {
    var now = past;
    return now == null ? otherwise : now.sequenceOfPublisherId(id, otherwise);
  }

  /** {@return the last sequence that a cursor misses because it is gone} */
  long goneFor(long after) {
    var now = past;
    // Cursor 0 misses nothing of an earlier life of the name: it was never there.
    return now == null || (after == 0 && now.trimmed == 0) ? 0 : now.trimmedThrough;
  }

  /** {@return the last sequence that is on the disk only, 0 when none is} */
  long coldThrough() {
    var now = cold;
    return now == null ? 0 : now.through;
  }

  /** {@return whether it had events after a cursor, or may have had some that are lost} */
  boolean mayHaveAfter(long after) {
    return latest > after || coldThrough() > after;
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
        return sequence > trimmedThrough() ? sequence : 0;
      }
    }
    return 0;
  }
}
