// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.MemoryBudget.Holder;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap that a journal uses for its topics, reserved in the one account by bytes. Thread-safe,
 * except {@link #segments}, which is the appender's.
 *
 * <pre>
 *   each topic              its log, its place in the table, its name; a segment, or where it goes
 *                           on in the files                              reserved when it begins
 *   each publisher's id     while it is in memory                        reserved with its event
 *   each further segment    the appender says how many there are         reserved after the batch
 *   each sealed file        its index, as far as that is in memory       reserved when it is sealed
 *   forgotten names, indexes of files that are not sealed                reserved once, at a start:
 *                           both are bounded by bytes
 * </pre>
 *
 * <p>The figures are what a heap held after collections, with compact object headers and rather too
 * large: see docs/decisions/0017. A start needs no more for a topic than running does.
 */
final class TopicMemory {
  /** A log, a segment or its {@link TopicLog.Cold}, and a slot of a table a third full. */
  static final long TOPIC_BYTES = 128;

  /** An entry of a map with a boxed sequence, and the map itself for the first of a topic. */
  static final long ID_BYTES = 72;

  private static final long FIRST_ID_BYTES = 160; // with the topic's past
  private static final long TEXT_BYTES = 40; // a string and the array in it
  private static final long SEGMENT_BYTES = 96; // with the past of a topic that has several
  private static final int SEGMENTS_STEP = 256;

  private static final long FILE_BYTES = 512; // a sealed file apart from its index
  private static final int OPEN_INDEXES =
      4; // the newest file's, two being sealed, one being merged
  private static final long INDEX_BYTES_MAX = 32L << 20;
  private static final long FORGOTTEN_BYTES_MAX = 16L << 20;

  private final MemoryBudget budget;
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong queued = new AtomicLong();
  private final long indexBytesMax;
  private final long forgottenBytesMax;

  // Confined to the appender.
  private long segments; // reserved for so many beyond one for each topic

  TopicMemory(MemoryBudget budget) {
    this.budget = budget;
    long bytes = budget.bytesMax(Holder.TOPICS);
    this.indexBytesMax = Math.min(INDEX_BYTES_MAX, bytes / 32);
    this.forgottenBytesMax = Math.min(FORGOTTEN_BYTES_MAX, bytes / 16);
    add(forgottenBytesMax);
  }

  /** Reserves what indexes of files may take that are not sealed. Once, by a journal on disk. */
  void addOpenIndexes() {
    add(OPEN_INDEXES * indexBytesMax);
  }

  /**
   * {@return how many bytes may be queued: as many as are configured, or an eighth of the account}
   * They are reserved now, as requests'. Once, by a journal.
   */
  long queueBytes(JournalConfig config) {
    long share = Math.max(config.frameBytesMax(), budget.bytesMax() / 8);
    long bytes = Math.min(config.queuedBytesMax(), share);
    budget.reserveAlways(Holder.REQUESTS, bytes);
    queued.addAndGet(bytes);
    return bytes;
  }

  /** {@return what the index of one file may take before it is sealed} */
  long indexBytesMax() {
    return indexBytesMax;
  }

  /** {@return what names of forgotten topics may take} */
  long forgottenBytesMax() {
    return forgottenBytesMax;
  }

  /** {@return the bytes that all topics of a process may reserve} */
  long bytesMax() {
    return budget.bytesMax(Holder.TOPICS);
  }

  /** {@return the bytes that this journal has reserved} */
  long held() {
    return held.get();
  }

  // ---- Reserving.

  /** Reserves bytes, or declines. */
  boolean tryAdd(long bytes) {
    boolean fits = budget.tryReserve(Holder.TOPICS, bytes);
    if (fits) {
      held.addAndGet(bytes);
    }
    return fits;
  }

  /** Reserves bytes for what is there already, even beyond the limit. */
  void add(long bytes) {
    budget.reserveAlways(Holder.TOPICS, bytes);
    held.addAndGet(bytes);
  }

  /** Gives bytes back. */
  void remove(long bytes) {
    if (bytes != 0) {
      held.addAndGet(-bytes);
      budget.release(Holder.TOPICS, bytes);
    }
  }

  /** Says how many segments there are beyond one for each topic. Appender only. */
  void segments(long beyondTopics) {
    long now = Math.max(0, beyondTopics) / SEGMENTS_STEP * SEGMENTS_STEP;
    if (now != segments) {
      if (now > segments) {
        add((now - segments) * SEGMENT_BYTES);
      } else {
        remove((segments - now) * SEGMENT_BYTES);
      }
      segments = now;
    }
  }

  /** Gives everything back: the journal is closed. Idempotent. */
  void close() {
    budget.release(Holder.TOPICS, held.getAndSet(0));
    budget.release(Holder.REQUESTS, queued.getAndSet(0));
  }

  // ---- What things take.

  /** {@return what a topic takes, without publishers' ids and further segments} */
  static long ofTopic(String name) {
    return TOPIC_BYTES + ofText(name);
  }

  /** {@return what a publisher's id takes in a topic, the first or a later one} */
  static long ofId(String id, boolean first) {
    return (first ? FIRST_ID_BYTES : 0) + ID_BYTES + ofText(id);
  }

  /** {@return what a sealed file takes with so many rows, and ids, of its index in memory} */
  static long ofSealedFile(int rows, int ids) {
    return FILE_BYTES + (long) rows * Integer.BYTES + IdFilter.bytes(ids);
  }

  /** {@return what a text takes: two bytes a character once one of them is beyond Latin-1} */
  static long ofText(String text) {
    int length = text.length();
    int wide = 0;
    for (int i = 0; i < length; i++) {
      wide |= text.charAt(i);
    }
    long bytes = wide > 0xff ? 2L * length : length;
    return TEXT_BYTES + (bytes + 7) / 8 * 8;
  }
}
