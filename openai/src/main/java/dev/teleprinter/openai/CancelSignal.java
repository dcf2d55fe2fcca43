// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The wish to end one answer, from whoever has it to whoever works on it. It is given once; the
 * worker says what has to be closed for it to take effect at once. Thread-safe.
 */
final class CancelSignal {
  /** Why an answer is to end. */
  enum Reason {
    /** Its user asked. */
    REQUESTED("The answer was cancelled."),
    /** Its readers left. */
    DISCONNECTED("The answer was cancelled because its readers left."),
    /** It took longer than its upstream's total time. */
    TIMED_OUT("The answer took longer than the upstream's time limit."),
    /** The server stops. */
    SHUTDOWN("The server stopped before the answer was complete.");

    private final String message;

    Reason(String message) {
      this.message = message;
    }

    /** {@return a sentence for the reader} */
    String message() {
      return message;
    }
  }

  private final CountDownLatch cancelled = new CountDownLatch(1);

  // Guarded by this.
  private @Nullable Reason reason;
  private @Nullable Runnable action;

  /** Gives the signal and runs the worker's action. Returns false when it was given before. */
  boolean cancel(Reason why) {
    Runnable run;
    synchronized (this) {
      if (reason != null) {
        return false;
      }
      reason = why;
      run = action;
    }
    cancelled.countDown();
    if (run != null) {
      run.run(); // outside the lock: it closes sockets
    }
    return true;
  }

  /** Sets what the signal does, in place of what it did before; at once when it was given. */
  void onCancel(Runnable newAction) {
    boolean late;
    synchronized (this) {
      action = newAction;
      late = reason != null;
    }
    if (late) {
      newAction.run();
    }
  }

  /** {@return why, or null when nobody has cancelled} */
  synchronized @Nullable Reason reason() {
    return reason;
  }

  boolean isCancelled() {
    return cancelled.getCount() == 0;
  }

  /**
   * Blocks for a time or until the signal; an interrupt counts as the signal of a server stopping.
   */
  void await(Duration time) {
    try {
      boolean given = cancelled.await(time.toNanos(), TimeUnit.NANOSECONDS);
      assert !given || isCancelled();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel(Reason.SHUTDOWN);
    }
  }
}
