// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.Arrays;

/**
 * Where events of one topic lie in one file, by sequence. Confined to one thread, or guarded by
 * whoever owns it.
 */
final class Entries {
  private long[] sequences;
  private int[] positions;
  private int[] wireBytes;
  private int[] seconds;
  private int size;

  Entries() {
    this(4);
  }

  Entries(int capacity) {
    sequences = new long[capacity];
    positions = new int[capacity];
    wireBytes = new int[capacity];
    seconds = new int[capacity];
  }

  int size() {
    return size;
  }

  /** {@return the sequence of an entry} */
  long sequence(int index) {
    return sequences[index];
  }

  /** {@return where the record begins in its file} */
  int position(int index) {
    return positions[index];
  }

  /** {@return the event's frame, chunk framing included} */
  int wireBytes(int index) {
    return wireBytes[index];
  }

  /** {@return when it was appended, seconds since 1970} */
  int seconds(int index) {
    return seconds[index];
  }

  void add(long sequence, int position, int bytes, int second) {
    if (size == sequences.length) {
      int capacity = Math.max(4, size * 2);
      sequences = Arrays.copyOf(sequences, capacity);
      positions = Arrays.copyOf(positions, capacity);
      wireBytes = Arrays.copyOf(wireBytes, capacity);
      seconds = Arrays.copyOf(seconds, capacity);
    }
    sequences[size] = sequence;
    positions[size] = position;
    wireBytes[size] = bytes;
    seconds[size] = second;
    size++;
  }

  void add(Entries from, int index) {
    add(from.sequences[index], from.positions[index], from.wireBytes[index], from.seconds[index]);
  }

  /** {@return the index of the first entry with a greater sequence, {@link #size} if none} */
  int indexAfter(long after) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sequences[middle] <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
