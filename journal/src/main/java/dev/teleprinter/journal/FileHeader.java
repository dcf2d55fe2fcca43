// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a journal file. Immutable.
 *
 * <pre>
 *   0  "TPJ\r\n\0\u001a\n"     8   what it is; a transfer as text breaks it
 *   8  version               4
 *  12  CRC32C                4   over all of the header but this
 *  16  first sequence        8   the file's name: every record has at least this one
 *  24  before                8   the first sequence of the file before, -1 if there never was one
 *  32  covers                8   the first sequence of the last file that was merged into this one
 *  40  created               8   milliseconds
 *  48  salt                  8   every checksum in the file begins with it
 *  56  epoch                16   NUL-padded
 * </pre>
 *
 * <p>Numbers are big-endian. By {@code before} and {@code covers} the files are a chain: one that
 * is missing from the middle is noticed.
 *
 * @param epoch the journal's
 * @param first no record has a lesser sequence
 * @param before first sequence of the file before, -1 if there never was one
 * @param covers first sequence of the last file merged into this one; its own if none was
 * @param createdMillis when
 * @param salt what its checksums begin with
 */
record FileHeader(
    String epoch, long first, long before, long covers, long createdMillis, long salt) {
  static final int BYTES = 72;
  static final int VERSION = 1;
  static final long NONE = -1;

  private static final byte[] MAGIC = "TPJ\r\n\0\u001a\n".getBytes(US_ASCII);
  private static final int EPOCH_BYTES = 16;
  private static final String SUFFIX = ".tpj";

  /** Why a file is none of ours, for a person; names the remedy. */
  static final class ForeignException extends Exception {
    private static final long serialVersionUID = 1L;

    ForeignException(String message) {
      super(message);
    }
  }

  /** {@return the name of the file whose first sequence is that} */
  static String name(long first) {
    return "%016x%s".formatted(first, SUFFIX);
  }

  /** {@return the first sequence that a file's name says, -1 when it is not a journal file's} */
  static long firstOf(String name) {
    return name.matches("[0-7][0-9a-f]{15}\\.tpj") ? Long.parseLong(name.substring(0, 16), 16) : -1;
  }

  ByteBuffer encode() {
    var bytes = ByteBuffer.allocate(BYTES).put(MAGIC).putInt(VERSION).putInt(0);
    bytes.putLong(first).putLong(before).putLong(covers).putLong(createdMillis).putLong(salt);
    bytes.put(epoch.getBytes(US_ASCII)).position(0);
    return bytes.putInt(12, checksum(bytes));
  }

  /**
   * Reads a header; null when its bytes do not check.
   *
   * @throws ForeignException when it is another program's file, or one of a later version
   */
  static @Nullable FileHeader decode(ByteBuffer bytes) throws ForeignException {
    boolean ours = ByteBuffer.wrap(MAGIC).equals(bytes.slice(0, MAGIC.length));
    if (ours && bytes.getInt(8) > VERSION) {
      throw new ForeignException(
          "format %d (expected: at most %d; a later version of Teleprinter wrote it: use that one)"
              .formatted(bytes.getInt(8), VERSION));
    }
    if (!ours || bytes.getInt(12) != checksum(bytes)) {
      return null;
    }
    var epoch = new byte[EPOCH_BYTES];
    bytes.get(56, epoch);
    return new FileHeader(
        new String(epoch, US_ASCII).replace("\0", ""),
        bytes.getLong(16),
        bytes.getLong(24),
        bytes.getLong(32),
        bytes.getLong(40),
        bytes.getLong(48));
  }

  /** {@return whether a file that begins with these bytes, and no more, may become one of ours} */
  static boolean isBeginning(ByteBuffer bytes) {
    int length = Math.min(bytes.remaining(), MAGIC.length);
    return ByteBuffer.wrap(MAGIC, 0, length).equals(bytes.slice(bytes.position(), length));
  }

  private static int checksum(ByteBuffer bytes) {
    return new Checksum(bytes.getLong(0)).of(bytes, 16, BYTES) ^ bytes.getInt(8);
  }
}
