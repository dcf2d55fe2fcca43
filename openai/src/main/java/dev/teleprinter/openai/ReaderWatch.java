// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Readers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Applies an answer's disconnect policy to the number of its readers. Thread-safe.
 *
 * <p>It begins as if the last reader had just left: the request's own connection is still to become
 * the first one, and if it never does, nobody will read.
 */
final class ReaderWatch {
  /** How long an answer that is cancelled "at once" waits for its first reader. */
  private static final Duration FIRST_READER = Duration.ofSeconds(10);

  private final Answer answer;
  private final String topic;
  private final Readers readers;
  private final Scheduler scheduler;
  private final Duration grace;

  // Guarded by this.
  private Scheduler.@Nullable Task timer;
  private boolean closed;

  private ReaderWatch(
      Answer answer, String topic, Readers readers, Scheduler scheduler, Duration grace) {
    this.answer = answer;
    this.topic = topic;
    this.readers = readers;
    this.scheduler = scheduler;
    this.grace = grace;
  }

  /** {@return a watch over an answer that was just begun; null if its policy needs none} */
  static @Nullable ReaderWatch of(
      Answer answer, String topic, Readers readers, Scheduler scheduler) {
    return switch (answer.policy()) {
      case DisconnectPolicy.Continue c -> null;
      case DisconnectPolicy.Grace(var time) ->
          new ReaderWatch(answer, topic, readers, scheduler, time).begin(time);
      case DisconnectPolicy.Cancel c ->
          new ReaderWatch(answer, topic, readers, scheduler, Duration.ZERO).begin(FIRST_READER);
    };
  }

  private ReaderWatch begin(Duration first) {
    arm(first);
    readers.watch(topic, this::onCount);
    return this;
  }

  /** The number of readers changed. */
  private void onCount(int readers) {
    synchronized (this) {
      stopTimer();
      if (closed || readers > 0) {
        return;
      }
      if (grace.isPositive()) {
        arm(grace);
        return;
      }
    }
    cancel();
  }

  private synchronized void arm(Duration delay) {
    timer = scheduler.after(delay, this::cancel);
  }

  /** Counts again: a reader may have come before we began to watch. */
  private void cancel() {
    if (readers.count(topic) > 0) {
      return;
    }
    answer.signal().cancel(CancelSignal.Reason.DISCONNECTED);
  }

  private void stopTimer() {
    var running = timer;
    if (running != null) {
      running.cancel();
      timer = null;
    }
  }

  void close() {
    readers.unwatch(topic);
    synchronized (this) {
      closed = true;
      stopTimer();
    }
  }
}
