// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.Records.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch of the appender on its way to the disk: its records as they are written, and what the
 * file's index is to be told of them once they are. Confined to the appender.
 */
final class StagedRecords {
  private final RecordBatch batch = new RecordBatch();
  private final List<Staged> records = new ArrayList<>();
  private Checksum checksum = new Checksum(0);

  /** A record, to be indexed once it is written. Confined to the appender. */
  private static final class Staged {
    final Kind kind;
    final int at;
    final long sequence;
    final long millis;
    final List<String> topics;
    final long[] ordinals; // a place in each topic, or what the kind says
    int wireBytes;
    boolean closing;
    @Nullable String publisherId;

    Staged(Kind kind, int at, long sequence, long millis, List<String> topics, long[] ordinals) {
      this.kind = kind;
      this.at = at;
      this.sequence = sequence;
      this.millis = millis;
      this.topics = topics;
      this.ordinals = ordinals;
    }
  }

  /** Says with which salt the checksums are made that come now: the file's. */
  void salt(long salt) {
    checksum = new Checksum(salt);
  }

  boolean isEmpty() {
    return batch.isEmpty();
  }

  int bytes() {
    return batch.bytes();
  }

  /** {@return what to write; borrowed until {@link #clear}} */
  ByteBuffer written() {
    return batch.written();
  }

  /** {@return the sequence of the last record} There is one. */
  long lastSequence() {
    return records.getLast().sequence;
  }

  /** Begins anew. */
  void clear() {
    batch.clear();
    records.clear();
  }

  // ---- Staging.

  /** Stages an event. Its ordinal in each topic comes first. */
  void event(
      long sequence,
      long millis,
      boolean closing,
      @Nullable String publisherId,
      List<String> topics,
      long[] ordinals,
      IdLine idLine,
      byte[] rest) {
    int flags = (closing ? Records.CLOSING : 0) | (publisherId == null ? 0 : Records.PUBLISHER_ID);
    batch.begin(Kind.EVENT, flags, ordinals.length, sequence, millis);
    try {
      for (int i = 0; i < ordinals.length; i++) {
        batch.topic(topics.get(i), ordinals[i]);
      }
      batch.block(idLine, rest);
    } catch (RuntimeException | Error e) { // no memory: nothing of it is written
      batch.drop();
      throw e;
    }
    int at = batch.end(checksum);
    var record = new Staged(Kind.EVENT, at, sequence, millis, topics, ordinals);
    record.wireBytes = Chunks.framedBytes(idLine.length() + rest.length);
    record.closing = closing;
    record.publisherId = publisherId;
    records.add(record);
  }

  /** Stages what happened to one topic. */
  void single(Kind kind, String topic, long ordinal, long sequence, long millis) {
    batch.begin(kind, 0, 1, sequence, millis);
    batch.topic(topic, ordinal);
    int at = batch.end(checksum);
    records.add(new Staged(kind, at, sequence, millis, List.of(topic), new long[] {ordinal}));
  }

  /** Stages that sequences in between may have been given to events that are lost. */
  void resumed(long lostAfter, long sequence, long millis) {
    batch.begin(Kind.RESUMED, 0, 0, sequence, millis);
    batch.block(lostAfter);
    int at = batch.end(checksum);
    records.add(new Staged(Kind.RESUMED, at, sequence, millis, List.of(), new long[] {lostAfter}));
  }

  /** Stages that all is whole: the last record of all, which no index knows. */
  void stopped(long sequence, long millis) {
    batch.begin(Kind.STOPPED, 0, 0, sequence, millis);
    batch.end(checksum);
  }

  // ---- Indexing, once it is written.

  /**
   * Tells the index of the file in which they were written.
   *
   * @param at the position of the first
   * @param epoch by which one knows ids that look like the journal's own
   */
  void index(OpenIndex index, long at, String epoch) {
    synchronized (index) { // once for the batch: see OpenIndex
      for (var record : records) {
        index(index, record, at + record.at, epoch);
      }
    }
  }

  private static void index(OpenIndex index, Staged record, long position, String epoch) {
    if (record.kind == Kind.RESUMED) {
      index.unknown(record.ordinals[0] + 1, record.sequence);
      return;
    }
    for (int i = 0; i < record.ordinals.length; i++) {
      var topic = record.topics.get(i);
      long ordinal = record.ordinals[i] & ~Records.REPEATED_ID;
      if (record.kind == Kind.CLOSE) {
        index.closed(topic, ordinal, record.sequence, record.millis);
      } else if (record.kind == Kind.FORGOTTEN) {
        index.forgotten(topic, ordinal, record.sequence);
      } else {
        index.event(topic, ordinal, record.sequence, position, record.wireBytes, record.millis);
        if (record.closing) {
          index.closed(topic, ordinal + 1, record.sequence, record.millis);
        }
        if (record.ordinals[i] >= 0 && record.publisherId != null) {
          indexId(index, topic, record.publisherId, position, epoch);
        }
      }
    }
  }

  private static void indexId(
      OpenIndex index, String topic, String id, long position, String epoch) {
    index.publisherId(topic, id, position);
    if (EventIds.sequence(epoch, id) >= 0) {
      index.ownFormInUse();
    }
  }
}
