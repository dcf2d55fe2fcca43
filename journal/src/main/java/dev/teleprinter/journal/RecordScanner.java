// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file's records one after the other. What does not check is passed over: to where its
 * length says the next one begins, if one is there, else byte by byte. Confined to one thread.
 */
final class RecordScanner {
  private static final int WINDOW_BYTES = 1 << 18;

  private final Folder.Handle file;
  private final Checksum checksum;
  private final long size;
  private ByteBuffer window;
  private long windowAt;
  private long position;
  private long end;
  private long sequenceMin;
  private long damagedFrom = -1;

  /** Begins at a position; no record there has a sequence below {@code sequenceMin}. */
  RecordScanner(Folder.Handle file, Checksum checksum, long from, long sequenceMin)
      throws IOException {
    this.file = file;
    this.checksum = checksum;
    this.size = file.size();
    this.window = ByteBuffer.allocateDirect((int) Math.min(WINDOW_BYTES, size)).limit(0);
    this.end = from;
    this.sequenceMin = sequenceMin;
  }

  /** {@return the next record that checks, as a view valid until the next call; null at the end} */
  Records.@Nullable RecordView next() throws IOException {
    damagedFrom = -1;
    var record = at(end);
    if (record == null && end < size) {
      damagedFrom = end;
      record = afterDamage();
    }
    if (record != null) {
      end = position + record.bytes();
      sequenceMin = record.sequence();
    }
    return record;
  }

  /** {@return where the record that was returned last begins} */
  long position() {
    return position;
  }

  /** {@return where the last good record ends} */
  long end() {
    return end;
  }

  /**
   * {@return where bytes begin that are no records, before what {@link #next} returned last; -1
   * when there are none}
   */
  long damagedFrom() {
    return damagedFrom;
  }

  private Records.@Nullable RecordView afterDamage() throws IOException {
    int bytes = fill(end, Records.HEAD_BYTES) ? Records.bytesAt(window, offset(end)) : -1;
    var record = bytes > 0 ? at(end + bytes) : null;
    for (long at = end + 1; record == null && at + Records.HEAD_BYTES <= size; at++) {
      record = at(at);
    }
    return record;
  }

  private Records.@Nullable RecordView at(long at) throws IOException {
    if (!fill(at, Records.HEAD_BYTES) || !Records.isPlausible(window, offset(at), sequenceMin)) {
      return null;
    }
    int bytes = Records.bytesAt(window, offset(at));
    if (!fill(at, bytes)) {
      return null;
    }
    position = at;
    return Records.decode(window, offset(at), offset(at) + bytes, checksum);
  }

  private int offset(long at) {
    return (int) (at - windowAt);
  }

  /** Has the window hold {@code [at, at + bytes)}. Returns false when the file ends before. */
  private boolean fill(long at, int bytes) throws IOException {
    if (at >= windowAt && at + bytes <= windowAt + window.limit()) {
      return true;
    }
    if (at + bytes > size) {
      return false;
    }
    if (window.capacity() < bytes) {
      window = ByteBuffer.allocate(bytes); // rare, and soon garbage
    }
    window.clear().limit((int) Math.min(window.capacity(), size - at));
    windowAt = at;
    if (!file.read(window, at)) {
      window.clear().limit(0);
      return false; // cut while it was read
    }
    window.position(0);
    return true;
  }
}
