// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One file of the journal. The appender writes the newest one, any thread reads. */
final class JournalFile {
  final FileHeader header;

  // Written by the appender while the file is the newest, read by any thread.
  volatile long lastSequence;
  volatile long bytes;

  // Swapped when the file is sealed; read by any thread.
  volatile FileIndex index;

  /**
   * The part of it that was kept when files were merged into it; less is kept once some is trimmed.
   */
  volatile long keptBytesWhenMerged = Long.MAX_VALUE;

  JournalFile(FileHeader header, FileIndex index, long lastSequence, long bytes) {
    this.header = header;
    this.index = index;
    this.lastSequence = lastSequence;
    this.bytes = bytes;
  }

  String name() {
    return FileHeader.name(header.first());
  }

  boolean hasEvents() {
    return lastSequence >= header.first();
  }

  /**
   * Reads one record, with the checksum checked. Null when it does not check.
   *
   * @param bytesMin as many bytes are read at first; more when the record is larger
   */
  static Records.@Nullable RecordView record(
      Folder.Handle file, Checksum checksum, long position, int bytesMin) throws IOException {
    long size = file.size();
    int first = (int) Math.min(Math.max(Records.HEAD_BYTES, bytesMin), size - position);
    if (first < Records.HEAD_BYTES) {
      return null;
    }
    var bytes = ByteBuffer.allocate(first);
    if (!file.read(bytes, position)) {
      return null;
    }
    int length = Records.bytesAt(bytes, 0);
    if (length < 0 || length > size - position) {
      return null;
    }
    if (length > first) {
      bytes = ByteBuffer.allocate(length);
      if (!file.read(bytes, position)) {
        return null;
      }
    }
    return Records.decode(bytes, 0, length, checksum);
  }
}
