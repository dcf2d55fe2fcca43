// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes the chunk sizes out of a chunked body (RFC 9112 7.1), in place. Confined to the event loop.
 */
final class Chunks {
  private int left; // bytes of the chunk, with the CRLF behind it
  private int size;
  private boolean inSize = true;
  private boolean over;

  /** {@return what strips the body behind this head; null when it is not chunked} */
  static @Nullable Chunks ofBody(String head) {
    boolean chunked = head.toLowerCase(Locale.ROOT).contains("\r\ntransfer-encoding: chunked");
    return chunked ? new Chunks() : null;
  }

  /** {@return whether the last chunk has come} */
  boolean isOver() {
    return over;
  }

  /** Moves what is in {@code [from, end)} together. Returns where it ends now. */
  int strip(byte[] bytes, int from, int end) {
    int to = from;
    int at = from;
    while (at < end && !over) {
      if (inSize) {
        onSizeByte(bytes[at++]);
        continue;
      }
      int count = Math.min(left - 2, end - at);
      if (count > 0) {
        System.arraycopy(bytes, at, bytes, to, count);
        to += count;
      } else {
        count = Math.min(left, end - at); // of the CRLF
      }
      at += count;
      left -= count;
      inSize = left == 0;
    }
    return to;
  }

  private void onSizeByte(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      size = size * 16 + digit;
    } else if (b == '\n') {
      left = size + 2;
      over = size == 0;
      inSize = false;
      size = 0;
    } else if (b != '\r') {
      throw new LedgerException("chunk: size with byte " + b);
    }
  }
}
