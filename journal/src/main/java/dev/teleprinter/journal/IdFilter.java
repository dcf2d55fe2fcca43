// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * Which publishers' ids a file certainly does not have: a Bloom filter of twelve bits for each, so
 * that one in three hundred that are not there is looked for in vain. A new id costs no look at any
 * file then. Immutable once it is filled.
 */
final class IdFilter {
  private static final int BITS_EACH = 12;
  private static final int PROBES = 6;

  private final long[] words;

  IdFilter(int ids) {
    words = new long[words(ids)];
  }

  private static int words(int ids) {
    return Math.toIntExact(((long) ids * BITS_EACH + 63) / 64);
  }

  /** {@return the bytes of a filter for so many ids} */
  static long bytes(int ids) {
    return (long) words(ids) * Long.BYTES;
  }

  void add(long hash) {
    for (int i = 0; i < PROBES; i++) {
      long bit = bit(hash, i);
      words[(int) (bit >>> 6)] |= 1L << bit;
    }
  }

  boolean mayContain(long hash) {
    boolean all = words.length > 0;
    for (int i = 0; all && i < PROBES; i++) {
      long bit = bit(hash, i);
      all = (words[(int) (bit >>> 6)] & (1L << bit)) != 0;
    }
    return all;
  }

  /** By two halves of the hash, as if each probe had a hash of its own. */
  private long bit(long hash, int probe) {
    long mixed = (hash >>> 32) + probe * ((hash & 0xffffffffL) | 1);
    return ((mixed * 0x9e3779b97f4a7c15L) >>> 1) % (words.length * 64L);
  }
}
