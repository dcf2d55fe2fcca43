// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds where a body stops being UTF-8 (RFC 3629), however it is cut into reads. Confined to the
 * thread that reads it.
 *
 * <p>{@link dev.teleprinter.sse.EventDecoder} repairs bad bytes, as a reader must. A publisher's
 * data must arrive exactly or not at all, so its bytes pass here first.
 */
final class Utf8Check {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long TOP_BITS = 0x8080808080808080L;

  // Of the character being read: how many bytes are still to come, and what the next may be.
  private int missing;
  private int lower;
  private int upper;

  /**
   * Checks {@code [0, to)}, which goes on from what was checked before.
   *
   * @return where the first byte is that cannot be there, {@code to} when there is none
   */
  int firstBad(byte[] bytes, int to) {
    int at = 0;
    while (at < to) {
      if (missing > 0) {
        int next = bytes[at] & 0xff;
        if (next < lower || next > upper) {
          return at;
        }
        missing--;
        lower = 0x80;
        upper = 0xbf;
        at++;
      } else if (at <= to - Long.BYTES && ((long) LONGS.get(bytes, at) & TOP_BITS) == 0) {
        at += Long.BYTES;
      } else if (bytes[at] >= 0) {
        at++;
      } else if (begins(bytes[at] & 0xff)) {
        at++;
      } else {
        return at;
      }
    }
    return to;
  }

  /** {@return whether what was checked ends with a whole character} */
  boolean isWhole() {
    return missing == 0;
  }

  /** Notes what may follow a first byte. Returns whether it can be one. */
  private boolean begins(int first) {
    if (first < 0xc2 || first > 0xf4) {
      return false;
    }
    missing = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    lower = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80; // below: overlong
    upper = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf; // above: a surrogate, > U+10FFFF
    return true;
  }
}
