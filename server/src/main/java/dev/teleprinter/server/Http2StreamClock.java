// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.concurrent.TimeUnit;

/** The stage of one HTTP/2 stream, and since when. Confined to its event loop. */
final class Http2StreamClock {
  /** For the rest of a request's body after the whole response. */
  static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int LOOKS_PER_TIMEOUT = 8;

  private final Ticker ticker;
  private Stage stage = Stage.RECEIVING;
  private long sinceNanos;
  private long progress;

  Http2StreamClock(Ticker ticker) {
    this.ticker = ticker;
    this.sinceNanos = ticker.nanos();
  }

  /** The stages, of which most requests see three. */
  enum Stage {
    /** The request's body is not whole. */
    RECEIVING,
    /** The handler has it. */
    HANDLING,
    /** The end of the response waits for the peer. */
    REPLYING,
    /** The peer has the response, and has not sent all of its request. */
    LINGERING,
    /** It is a subscriber's. */
    STREAMING
  }

  Stage stage() {
    return stage;
  }

  boolean isReplying() {
    return stage == Stage.REPLYING;
  }

  boolean isLingering() {
    return stage == Stage.LINGERING;
  }

  /** More of the body has come, or may. */
  void moved() {
    if (stage == Stage.RECEIVING) {
      sinceNanos = ticker.nanos();
    }
  }

  /** The request is whole. */
  void complete() {
    if (stage == Stage.RECEIVING) {
      stage = Stage.HANDLING;
    }
  }

  void streaming() {
    stage = Stage.STREAMING;
  }

  /** Returns when it is to be looked at. */
  long replying(long writeNanos) {
    stage = Stage.REPLYING;
    sinceNanos = ticker.nanos();
    progress = Long.MIN_VALUE;
    return writeNanos / LOOKS_PER_TIMEOUT;
  }

  /** Returns when it is to be looked at. */
  long lingering() {
    stage = Stage.LINGERING;
    sinceNanos = ticker.nanos();
    return LINGER_NANOS;
  }

  /** The response has left, and the request is whole. */
  void done() {
    stage = Stage.STREAMING;
  }

  long left(long timeoutNanos, long now) {
    return timeoutNanos - (now - sinceNanos);
  }

  /**
   * The same for a response, or the time until the next look.
   *
   * @param newest a number that changes whenever the peer takes something of it
   */
  long leftOfReply(long newest, long writeNanos, long now) {
    if (newest != progress) {
      if (progress != Long.MIN_VALUE) {
        sinceNanos = now;
      }
      progress = newest;
    }
    return Math.min(left(writeNanos, now), writeNanos / LOOKS_PER_TIMEOUT);
  }
}
