// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.util.function.BiConsumer;

/** Makes the index of a file by reading all of it. Stateless. */
final class Scans {
  private Scans() {}

  /**
   * What a scan found.
   *
   * @param end where the last good record ends
   * @param lastSequence of the last good record, or the file's first minus 1
   * @param stopped whether the last record says that the journal was stopped
   * @param damaged how many places did not check, a torn end not counted
   */
  record Scan(OpenIndex index, long end, long lastSequence, boolean stopped, int damaged) {}

  /** Sees the publisher's id of an event in a topic. */
  @FunctionalInterface
  interface IdVisitor {
    void onId(String topic, String id, long sequence);
  }

  static Scan scan(
      Folder.Handle file, FileHeader header, BiConsumer<Long, Long> damage, IdVisitor ids)
      throws IOException {
    var index = new OpenIndex();
    long first = header.first();
    var scanner =
        new RecordScanner(
            file, new Checksum(header.salt()), FileHeader.BYTES, Math.max(0, first - 1));
    long last = Math.max(0, first - 1);
    boolean stopped = false;
    int damaged = 0;
    for (var record = scanner.next(); record != null; record = scanner.next()) {
      if (scanner.damagedFrom() >= 0) {
        damaged++;
        damage.accept(scanner.damagedFrom(), scanner.position());
        // An event has a sequence of its own; other records have that of the event before them.
        boolean event = record.kind == Records.Kind.EVENT;
        long to = event ? record.sequence() - 1 : record.sequence();
        if (to > last && record.kind != Records.Kind.RESUMED) {
          index.hole(last + 1, to);
        }
      }
      add(index, record, scanner.position(), header, ids);
      last = Math.max(last, record.sequence());
      stopped = record.kind == Records.Kind.STOPPED;
    }
    return new Scan(index, scanner.end(), last, stopped, damaged);
  }

  /** Adds what a record says. */
  static void add(
      OpenIndex index, Records.RecordView record, long position, FileHeader header, IdVisitor ids) {
    long sequence = record.sequence();
    long millis = record.millis();
    switch (record.kind) {
      case EVENT -> {
        int wireBytes = Chunks.framedBytes(record.blockBytes());
        boolean closing = record.has(Records.CLOSING);
        var id = record.has(Records.PUBLISHER_ID) ? record.publisherId() : null;
        if (id != null && EventIds.sequence(header.epoch(), id) >= 0) {
          index.ownFormInUse();
        }
        record.forEachTopic((topic, place) -> {
          long ordinal = place & ~Records.REPEATED_ID;
          index.event(topic, ordinal, sequence, position, wireBytes, millis);
          if (closing) {
            index.closed(topic, ordinal + 1, sequence, millis);
          }
          if (id != null && place >= 0) {
            index.publisherId(topic, id, position);
            ids.onId(topic, id, sequence);
          }
        });
      }
      case CLOSE ->
          record.forEachTopic((topic, ordinal) -> index.closed(topic, ordinal, sequence, millis));
      case FORGOTTEN ->
          record.forEachTopic((topic, through) -> index.forgotten(topic, through, sequence));
      case RESUMED -> index.unknown(record.block().getLong(0) + 1, sequence);
      case LOST -> index.hole(record.block().getLong(0), sequence);
      case STOPPED -> {}
    }
  }
}
