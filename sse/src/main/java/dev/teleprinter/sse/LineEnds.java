// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the line ends of an event stream, CRLF, LF and CR (WHATWG HTML 9.2.5), and notes on the way
 * whether all it looked at was ASCII. Confined to its owner.
 */
final class LineEnds {
  static final byte LF = '\n';
  static final byte CR = '\r';

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long TOP_BITS = 0x8080808080808080L;
  private static final long ABOVE_CR = 0x0E0E0E0E0E0E0E0EL;

  private long seen;

  /** {@return where the first CR or LF of {@code [from, to)} is, or {@code to}} */
  int find(byte[] bytes, int from, int to) {
    int at = findControl(bytes, from, to);
    while (at < to && bytes[at] != LF && bytes[at] != CR) {
      at = findControl(bytes, at + 1, to); // that was a tab, say
    }
    return at;
  }

  /** {@return the place after the line end at {@code end}, where CRLF is one} */
  static int after(byte[] bytes, int end, int to) {
    int next = end + 1;
    return bytes[end] == CR && next < to && bytes[next] == LF ? next + 1 : next;
  }

  /** {@return false if there may have been a byte that is not ASCII since {@link #forget}} */
  boolean sawOnlyAscii() {
    return (seen & TOP_BITS) == 0;
  }

  void forget() {
    seen = 0;
  }

  /**
   * {@return where the first byte from 0 to CR is, or {@code to}; eight are looked at in a step}
   */
  private int findControl(byte[] bytes, int from, int to) {
    long all = seen;
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long word = (long) LONGS.get(bytes, at);
      all |= word;
      // Its lowest top bit is that of the first such byte; borrows spoil only those above it.
      long found = (word - ABOVE_CR) & ~word & TOP_BITS;
      if (found != 0) {
        seen = all;
        return at + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    for (; at < to; at++) {
      byte b = bytes[at];
      all |= b;
      if (b >= 0 && b <= CR) {
        break;
      }
    }
    seen = all;
    return at;
  }
}
