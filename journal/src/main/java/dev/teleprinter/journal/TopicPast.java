// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.concurrent.ConcurrentHashMap;
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

  /** From this event on all of the topic is in memory only. */
  void unstored(long sequence) {
    unstoredFrom = unstoredFrom == 0 ? sequence : unstoredFrom;
  }

  /** {@return whether an event is in memory only} */
  boolean isUnstored(long sequence) {
    return unstoredFrom != 0 && sequence >= unstoredFrom;
  }

  // ---- Publishers' ids.

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

  /** Takes the ids of events after a sequence back. */
  void forgetIdsAfter(long last) {
    var ids = publisherIds;
    if (ids != null) {
      ids.values().removeIf(sequence -> sequence > last);
    }
  }

  /**
   * Lets ids of trimmed events go once they outnumber the kept ones: constant work per event. Those
   * up to a sequence go at once: they are found on the disk.
   */
  void forgetIds(long kept, long foundOnDiskThrough) {
    var ids = publisherIds;
    if (ids == null) {
      return;
    }
    if (kept == 0) {
      publisherIds = null;
    } else if (foundOnDiskThrough > 0 || ids.size() > 2 * kept) {
      long stored = unstoredFrom == 0 ? foundOnDiskThrough : 0;
      long gone = Math.max(trimmedThrough, stored);
      ids.values().removeIf(sequence -> sequence <= gone);
    }
  }

  /** {@return the sequence of the event with a publisher's own id, or else when none is kept} */
  long sequenceOfPublisherId(String id, long otherwise) {
    var ids = publisherIds;
    Long sequence = ids == null ? null : ids.get(id);
    return sequence == null || sequence <= trimmedThrough ? otherwise : sequence;
  }
}
