// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.util.Arrays;

/** Bytes put one after the other into an array that grows. Confined to its owner. */
final class Gathered {
  private static final int KEPT_BYTES = 1 << 16;

  private byte[] array = new byte[256];
  private int length;

  /** {@return where the bytes are, from 0 to {@link #length}; borrowed until the next change} */
  byte[] array() {
    return array;
  }

  int length() {
    return length;
  }

  void add(byte[] source, int from, int to) {
    reserve(to - from);
    System.arraycopy(source, from, array, length, to - from);
    length += to - from;
  }

  void add(byte b) {
    reserve(1);
    array[length++] = b;
  }

  /** Forgets the bytes, and a large array with them: one large event shall not cost for ever. */
  void clear() {
    length = 0;
    if (array.length > KEPT_BYTES) {
      array = new byte[KEPT_BYTES];
    }
  }

  private void reserve(int bytes) {
    if (bytes > array.length - length) {
      array = Arrays.copyOf(array, Math.max(2 * array.length, length + bytes));
    }
  }
}
