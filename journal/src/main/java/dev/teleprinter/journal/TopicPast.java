// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What a topic log needs only once something of it was trimmed, was begun in a second segment, is
 * not on the disk, or came with an id of its publisher's. It stands apart because most of a million
 * topics have none of that. The appender writes, any thread reads.
 */
final class TopicPast {
  // Written by the appender, read by any thread.
  volatile long trimmedThrough; // the last sequence that is gone, of an earlier life too
  volatile long trimmed; // how many events of this life are gone
  private volatile long unstoredFrom; // the first that is in memory only, 0 if all are stored
  private volatile @Nullable ConcurrentHashMap<String, Long> publisherIds;

  // Confined to the appender.
  long olderBytes; // kept in memory before the newest segment, less what is trimmed of that
  int emptySince; // seconds when the last event of an open topic went
  private long idBytes; // reserved for the ids

  /** From this event on all of the topic is in memory only. */
  void unstored(long sequence) {
    unstoredFrom = unstoredFrom == 0 ? sequence : unstoredFrom;
  }

  /** {@return whether an event is in memory only} */
  boolean isUnstored(long sequence) {
    return unstoredFrom != 0 && sequence >= unstoredFrom;
  }

  // ---- Publishers' ids.

  /** {@return what it takes to remember an id, 0 when it is known} */
  long bytesFor(String publisherId) {
    var ids = publisherIds;
    return ids != null && ids.containsKey(publisherId)
        ? 0
        : TopicMemory.ofId(publisherId, ids == null);
  }

  /** Makes a publisher's id known, before its event is visible. What it takes is reserved. */
  void remember(String publisherId, long sequence) {
    idBytes += bytesFor(publisherId);
    var ids = publisherIds;
    if (ids == null) {
      ids = new ConcurrentHashMap<>(4);
      publisherIds = ids;
    }
    long gone = trimmedThrough;
    ids.merge(publisherId, sequence, (before, now) -> before > gone ? before : now);
  }

  /** Takes the ids of events after a sequence back. Returns the bytes that are no longer needed. */
  long forgetIdsAfter(long last) {
    return forgetIdsIf(sequence -> sequence > last);
  }

  /**
   * Lets ids of trimmed events go once they outnumber the kept ones: constant work per event. Those
   * up to a sequence go at once: they are found on the disk. Returns the bytes that are no longer
   * needed.
   */
  long forgetIds(long kept, long foundOnDiskThrough) {
    var ids = publisherIds;
    if (ids == null) {
      return 0;
    }
    if (kept == 0) {
      return forgetAllIds();
    }
    if (foundOnDiskThrough > 0 || ids.size() > 2 * kept) {
      long stored = unstoredFrom == 0 ? foundOnDiskThrough : 0;
      long gone = Math.max(trimmedThrough, stored);
      return forgetIdsIf(sequence -> sequence <= gone);
    }
    return 0;
  }

  /** Lets all ids go. Returns the bytes that are no longer needed. */
  long forgetAllIds() {
    long freed = idBytes;
    publisherIds = null;
    idBytes = 0;
    return freed;
  }

  private long forgetIdsIf(LongPredicate goes) {
    var ids = publisherIds;
    if (ids == null) {
      return 0;
    }
    var freed = new long[1];
    ids.entrySet()
        .removeIf(id -> {
          boolean gone = goes.test(id.getValue());
          freed[0] += gone ? TopicMemory.ofId(id.getKey(), false) : 0;
          return gone;
        });
    if (ids.isEmpty()) {
      return forgetAllIds();
    }
    idBytes -= freed[0];
    return freed[0];
  }

  /** {@return what is reserved for the ids} */
  long idBytes() {
    return idBytes;
  }

  /** {@return the sequence of the event with a publisher's own id, or else when none is kept} */
  long sequenceOfPublisherId(String id, long otherwise) {
    var ids = publisherIds;
    Long sequence = ids == null ? null : ids.get(id);
    return sequence == null || sequence <= trimmedThrough ? otherwise : sequence;
  }
}
