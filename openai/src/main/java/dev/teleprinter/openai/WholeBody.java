// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.server.BadReplyException;
import dev.teleprinter.server.OutboundCall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of one whole reply, at most so long, so large, and without longer pauses than an
 * upstream may make. Confined to its caller, except what its timers do.
 */
final class WholeBody {
  private static final int BLOCK_BYTES = 8192;
  private static final int COPIES = 4; // of the body: while it grows, and what is made of it

  private final UpstreamFailures failures;
  private final OutboundCall reply;
  private final Scheduler scheduler;
  private final Duration silenceMax;

  // Written by the caller, read by timers.
  private volatile long progressNs;

  // Written by timers, read by the caller.
  private volatile @Nullable UpstreamException lateness;
  private volatile Scheduler.@Nullable Task watch;

  WholeBody(
      UpstreamFailures failures, OutboundCall reply, Scheduler scheduler, Duration silenceMax) {
    this.failures = failures;
    this.reply = reply;
    this.scheduler = scheduler;
    this.silenceMax = silenceMax;
  }

  /**
   * Reads it, and reserves memory for it as it grows. Blocks.
   *
   * @param left the time that is left
   * @param limit the time that was allowed, for the message
   * @return the body; null when it is longer than {@code bytesMax}
   * @throws UpstreamException when it breaks off, is late, or there is no memory for it
   */
  byte @Nullable [] read(Duration left, Duration limit, int bytesMax, AnswerMemory memory) {
    progressNs = scheduler.nowNs();
    var timer = scheduler.after(left, () -> give(Kind.TIMEOUT, "did not answer within", limit));
    watch = scheduler.after(silenceMax, this::watchSilence);
    try {
      return read(bytesMax, memory);
    } catch (BadReplyException e) {
      throw failures.broke(e);
    } catch (IOException e) {
      var late = lateness;
      throw late != null ? late : failures.cut(Kind.CUT, "in mid-reply");
    } finally {
      timer.cancel();
      stopWatch();
      reply.abort();
    }
  }

  private byte @Nullable [] read(int bytesMax, AnswerMemory memory) throws IOException {
    var all = new ByteArrayOutputStream();
    var block = new byte[BLOCK_BYTES];
    long reserved = 0;
    for (int count = reply.read(block); count >= 0; count = reply.read(block)) {
      progressNs = scheduler.nowNs();
      if (count > bytesMax - all.size()) {
        return null;
      }
      all.write(block, 0, count);
      while (reserved < all.size()) {
        long more = Math.max(BLOCK_BYTES, reserved);
        memory.grow(more * COPIES);
        reserved += more;
      }
    }
    return all.toByteArray();
  }

  private void watchSilence() {
    long silentNs = scheduler.nowNs() - progressNs;
    if (silentNs >= silenceMax.toNanos()) {
      give(Kind.STALLED, "sent nothing for", silenceMax);
    } else if (watch != null) {
      watch = scheduler.after(silenceMax.minusNanos(silentNs), this::watchSilence);
    }
  }

  private void stopWatch() {
    var running = watch;
    watch = null;
    if (running != null) {
      running.cancel();
    }
  }

  private void give(Kind kind, String how, Duration limit) {
    lateness = failures.late(kind, how, limit);
    reply.abort();
  }
}
