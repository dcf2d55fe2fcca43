// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Records to be written at once: one batch of the appender. Confined to the appender.
 *
 * <p>A record is made by {@link #begin}, {@link #topic} for each topic, a block, and {@link #end}.
 */
final class RecordBatch {
  private static final int BYTES = 1 << 16;
  private static final int KEPT_BYTES_MAX = 4 << 20;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
  private int from;

  int bytes() {
    return buffer.position();
  }

  boolean isEmpty() {
    return buffer.position() == 0;
  }

  void begin(Records.Kind kind, int flags, int topics, long sequence, long millis) {
    from = buffer.position();
    room(Records.HEAD_BYTES);
    Records.putHead(buffer, kind, flags, topics, sequence, millis);
  }

  void topic(String name, long ordinal) {
    byte[] bytes = name.getBytes(UTF_8);
    room(12 + bytes.length);
    Records.putTopic(buffer, ordinal, bytes);
  }

  void block(IdLine idLine, byte[] rest) {
    room(idLine.length() + rest.length);
    int position = idLine.put(buffer, buffer.position());
    buffer.position(position).put(rest);
  }

  void block(long number) {
    room(Long.BYTES);
    buffer.putLong(number);
  }

  /** Completes the record. Returns where it begins in the batch. */
  int end(Checksum checksum) {
    Records.seal(buffer, from, checksum);
    return from;
  }

  /** {@return the batch to write; borrowed until {@link #clear}} */
  ByteBuffer written() {
    return buffer.duplicate().flip();
  }

  /** Begins anew; a buffer that one huge event had needed goes. */
  void clear() {
    if (buffer.capacity() > KEPT_BYTES_MAX) {
      buffer = ByteBuffer.allocateDirect(BYTES);
    }
    buffer.clear();
  }

  private void room(int bytes) {
    if (buffer.remaining() < bytes) {
      long needed = Math.max(buffer.position() + (long) bytes, 2L * buffer.capacity());
      var larger = allocate(needed);
      buffer = larger.put(buffer.flip());
    }
  }

  private static ByteBuffer allocate(long bytes) {
    try {
      return ByteBuffer.allocateDirect(Math.toIntExact(bytes));
    } catch (OutOfMemoryError e) { // of direct memory only: one event is refused for it
      throw new JournalUnavailableException(
          "memory: %d bytes for a batch (expected: as much direct memory)".formatted(bytes));
    }
  }

  /** Takes back a record that was begun. */
  void drop() {
    buffer.position(from);
  }
}
