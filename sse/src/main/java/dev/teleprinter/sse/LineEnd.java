// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The line ends of an event stream, CRLF, LF and CR (WHATWG HTML 9.2.5), found in bytes. */
final class LineEnd {
  static final byte LF = '\n';
  static final byte CR = '\r';

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long TOP_BITS = 0x8080808080808080L;
  private static final long ABOVE_CR = 0x0E0E0E0E0E0E0E0EL;

  private LineEnd() {}

  /** {@return where the first CR or LF of {@code [from, to)} is, or {@code to}} */
  static int find(byte[] bytes, int from, int to) {
    int at = from;
    while (at <= to - Long.BYTES) {
      long word = (long) LONGS.get(bytes, at);
      // The lowest top bit set marks the first byte below 0x0E; borrows only spoil those above it.
      long low = (word - ABOVE_CR) & ~word & TOP_BITS;
      if (low == 0) {
        at += Long.BYTES;
        continue;
      }
      at += Long.numberOfTrailingZeros(low) >>> 3;
      if (is(bytes[at])) {
        return at;
      }
      at++; // a tab, say
    }
    while (at < to && !is(bytes[at])) {
      at++;
    }
    return at;
  }

  /** {@return the place after the line end at {@code end}, where CRLF is one} */
  static int after(byte[] bytes, int end, int to) {
    int next = end + 1;
    return bytes[end] == CR && next < to && bytes[next] == LF ? next + 1 : next;
  }

  private static boolean is(byte b) {
    return b == LF || b == CR;
  }
}
