// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/**
 * The frames of one HTTP/2 connection as they arrive (RFC 9113 4.1), looked at before the codec has
 * them: it says neither that a frame or a header block is half there, nor how many frames came that
 * carry nothing. Confined to its event loop.
 *
 * <pre>
 *   | length 3 | type 1 | flags 1 | stream 4 | payload ...
 * </pre>
 */
final class Http2Frames {
  /** Frames without a request's content, within {@link #WINDOW_NANOS}. */
  static final int CONTROL_MAX = 1_000;

  static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int PREFACE_BYTES = 24;
  private static final int HEAD_BYTES = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int ACK = 0x1;
  private static final int END_HEADERS = 0x4;

  private final Ticker ticker;
  private final Runnable onUnfinished;
  private final Runnable onFlood;

  private int prefaceLeft = PREFACE_BYTES;
  private int headBytes; // of the frame that has begun
  private int payloadLeft;
  private int type;
  private boolean inBlock; // a header block has begun, CONTINUATION must follow
  private boolean begun; // a frame or block, in this read of the socket
  private long sinceNanos;
  private int control;
  private long windowNanos;
  private boolean flooded;

  /**
   * Before the first byte, the client's preface.
   *
   * @param onUnfinished called when a read ended within a frame or a header block
   * @param onFlood called once, when there were more than {@link #CONTROL_MAX}
   */
  Http2Frames(Ticker ticker, Runnable onUnfinished, Runnable onFlood) {
    this.ticker = ticker;
    this.onUnfinished = onUnfinished;
    this.onFlood = onFlood;
    this.sinceNanos = ticker.nanos();
    this.windowNanos = sinceNanos;
  }

  /** Looks at what the socket brought. Returns whether the codec should have it. */
  boolean admit(ByteBuf bytes) {
    if (flooded) {
      return false;
    }
    begun = false;
    int end = bytes.writerIndex();
    int at = bytes.readerIndex();
    while (at < end) {
      at += take(bytes, at, end - at);
    }
    if (flooded) {
      onFlood.run();
      return false;
    }
    if (isUnfinished()) {
      // A body may come slowly as long as it comes; all else must be whole in time.
      if (begun || (headBytes == HEAD_BYTES && type == DATA)) {
        sinceNanos = ticker.nanos();
      }
      onUnfinished.run();
    }
    return true;
  }

  /** Whether the preface, a frame or a header block has begun and is not whole. */
  boolean isUnfinished() {
    return prefaceLeft > 0 || headBytes > 0 || inBlock;
  }

  /** When that began, or for a frame of a body, went on. */
  long sinceNanos() {
    return sinceNanos;
  }

  /** Returns how many bytes were looked at. */
  private int take(ByteBuf bytes, int at, int count) {
    if (prefaceLeft > 0) {
      int step = Math.min(prefaceLeft, count);
      prefaceLeft -= step;
      return step;
    }
    if (headBytes < HEAD_BYTES) {
      takeHead(bytes.getUnsignedByte(at));
      return 1;
    }
    int step = Math.min(payloadLeft, count);
    payloadLeft -= step;
    maybeEnd();
    return step;
  }

  private void takeHead(int value) {
    switch (headBytes++) {
      case 0 -> {
        payloadLeft = value << 16;
        begun |= !inBlock;
      }
      case 1 -> payloadLeft |= value << 8;
      case 2 -> payloadLeft |= value;
      case 3 -> type = value;
      case 4 -> takeFlags(value);
      case HEAD_BYTES - 1 -> maybeEnd();
      default -> {} // of the stream's number
    }
  }

  private void takeFlags(int flags) {
    if (type == HEADERS || type == CONTINUATION) {
      inBlock = (flags & END_HEADERS) == 0;
    }
    boolean counts =
        switch (type) {
          case PING, SETTINGS -> (flags & ACK) == 0;
          case PRIORITY -> true;
          default -> type > WINDOW_UPDATE && type != CONTINUATION; // unknown ones
        };
    if (counts) {
      countControl();
    }
  }

  private void maybeEnd() {
    if (payloadLeft == 0) {
      headBytes = 0;
    }
  }

  private void countControl() {
    control++;
    if (control > CONTROL_MAX) {
      long now = ticker.nanos();
      flooded |= now - windowNanos < WINDOW_NANOS;
      windowNanos = now;
      control = 0;
    }
  }
}
