// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C that begins with a file's salt: bytes that are good in one file are not in another, and
 * nobody who does not know the salt can write an event whose data passes for a record. Confined to
 * one thread.
 */
final class Checksum {
  private final CRC32C crc = new CRC32C();
  private final byte[] salt;

  Checksum(long salt) {
    this.salt = ByteBuffer.allocate(Long.BYTES).putLong(salt).array();
  }

  /** {@return the checksum of {@code [from, to)}} Leaves the buffer as it is. */
  int of(ByteBuffer bytes, int from, int to) {
    int position = bytes.position();
    int limit = bytes.limit();
    crc.reset();
    crc.update(salt);
    crc.update(bytes.limit(to).position(from));
    bytes.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
