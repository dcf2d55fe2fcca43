// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;

/**
 * Resets a connection whose peer takes nothing of what is written to it for the write timeout.
 * Confined to the loop. Costs nothing while the socket takes everything at once.
 */
final class WriteWatch {
  private static final int LOOKS_PER_TIMEOUT = 8;

  private final Channel channel;
  private final TcpInfo tcpInfo;
  private final Ticker ticker;
  private final long timeoutNanos;
  private final Runnable onWritten;
  private final Deadline next;
  private Uptake uptake = new Uptake(0);
  private boolean running;

  /**
   * Not yet running.
   *
   * @param onWritten called when the socket has taken everything
   */
  WriteWatch(
      Channel channel, TcpInfo tcpInfo, Ticker ticker, long timeoutNanos, Runnable onWritten) {
    this.channel = channel;
    this.tcpInfo = tcpInfo;
    this.ticker = ticker;
    this.timeoutNanos = timeoutNanos;
    this.onWritten = onWritten;
    this.next = new Deadline(channel.eventLoop(), ticker, this::look);
  }

  /** Bytes written to a channel that its socket has not taken yet. */
  static long unwritten(Channel channel) {
    var outbound = channel.unsafe().outboundBuffer();
    return outbound == null ? 0 : outbound.totalPendingWriteBytes() - outbound.currentProgress();
  }

  /** Watches from now on, unless it does. */
  void start() {
    if (!running) {
      running = true;
      long now = ticker.nanos();
      uptake = new Uptake(now);
      uptake.look(taken(unwritten(channel)), now);
      next.set(timeoutNanos / LOOKS_PER_TIMEOUT);
    }
  }

  /** No more. */
  void stop() {
    running = false;
    next.stop();
  }

  private void look() {
    long unwritten = unwritten(channel);
    if (unwritten == 0) {
      running = false;
      onWritten.run();
      return;
    }
    long now = ticker.nanos();
    uptake.look(taken(unwritten), now);
    if (uptake.isStuck(timeoutNanos, now)) {
      running = false;
      LastResort.reset(channel);
    } else {
      next.set(timeoutNanos / LOOKS_PER_TIMEOUT);
    }
  }

  private long taken(long unwritten) {
    long known = tcpInfo.taken(channel);
    return known >= 0 ? known : unwritten;
  }
}
