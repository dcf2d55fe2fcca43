// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;

/** Monotonic time and what is done later, passed in so that tests need not wait. Thread-safe. */
interface Scheduler extends AutoCloseable {
  /** {@return monotonic time in nanoseconds} */
  long nowNs();

  /** Runs the action once after the delay, on a virtual thread of its own, unless cancelled. */
  Task after(Duration delay, Runnable action);

  /** Blocks for the delay, or until the signal is cancelled. */
  void sleep(Duration delay, CancelSignal signal);

  /** Forgets what was still to be run. Does not wait. Idempotent. */
  @Override
  void close();

  /** Something to be run later. */
  @FunctionalInterface
  interface Task {
    /** Forgets it, if it has not begun. */
    void cancel();
  }
}
