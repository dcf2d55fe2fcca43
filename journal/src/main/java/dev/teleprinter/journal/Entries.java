// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Arrays;

/**
 * Where events of one topic lie in one file, by sequence. Confined to one thread, or guarded by
 * whoever owns it.
 *
 * <p>Five ints for each, one after the other, as {@link IndexFile} writes them: most topics have
 * few events in a file, and every array costs them a header.
 */
final class Entries {
  private static final int INTS = IndexFile.ENTRY_BYTES / Integer.BYTES;

  private int[] ints; // sequence, upper half first; position; frame's bytes; seconds
  private int size;

  Entries() {
    this(4);
  }

  Entries(int capacity) {
    ints = new int[INTS * capacity];
  }

  int size() {
    return size;
  }

  /** {@return the sequence of an entry} */
  long sequence(int index) {
    int at = INTS * index;
    return ((long) ints[at] << 32) | (ints[at + 1] & 0xffffffffL);
  }

  /** {@return where the record begins in its file} */
  int position(int index) {
    return ints[INTS * index + 2];
  }

  /** {@return the event's frame, chunk framing included} */
  int wireBytes(int index) {
    return ints[INTS * index + 3];
  }

  /** {@return when it was appended, seconds since 1970} */
  int seconds(int index) {
    return ints[INTS * index + 4];
  }

  void add(long sequence, int position, int bytes, int second) {
    int at = INTS * size;
    if (at == ints.length) {
      ints = Arrays.copyOf(ints, Math.max(INTS * 4, 2 * at));
    }
    ints[at] = (int) (sequence >>> 32);
    ints[at + 1] = (int) sequence;
    ints[at + 2] = position;
    ints[at + 3] = bytes;
    ints[at + 4] = second;
    size++;
  }

  void add(Entries from, int index) {
    add(from.sequence(index), from.position(index), from.wireBytes(index), from.seconds(index));
  }

  /** {@return the frames' bytes in all} */
  long wireBytes() {
    long sum = 0;
    for (int i = 0; i < size; i++) {
      sum += wireBytes(i);
    }
    return sum;
  }

  /** {@return the index of the first entry with a greater sequence, {@link #size} if none} */
  int indexAfter(long after) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sequence(middle) <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
