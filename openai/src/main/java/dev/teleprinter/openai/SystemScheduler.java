// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The machine's own time: one thread keeps the delays and starts a virtual thread for each action.
 */
final class SystemScheduler implements Scheduler {
  private final ScheduledThreadPoolExecutor executor;

  SystemScheduler() {
    executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("tp-openai-timer-", 0).daemon().factory());
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    // An answer that ends while we stop may still ask for a delay: it no longer matters.
    executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  @Override
  public long nowNs() {
    return System.nanoTime();
  }

  @Override
  public Task after(Duration delay, Runnable action) {
    var future =
        executor.schedule(
            () -> Thread.ofVirtual().name("tp-openai-timer").start(action),
            delay.toNanos(),
            TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public void sleep(Duration delay, CancelSignal signal) {
    signal.await(delay);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
