// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Stops the server, as the runtime's shutdown hook. A stop that is stuck, on a disk that hangs or a
 * loop that does not turn, ends the process all the same when its time is over. Used once.
 */
final class Stop implements Runnable {
  private final Runnable stopping;
  private final Duration limit;
  private final PrintStream err;
  private final IntConsumer halt;
  private final CountDownLatch stopped = new CountDownLatch(1);

  /**
   * A stop that has not begun.
   *
   * @param stopping stops everything; waits
   * @param halt ends the process with a status
   */
  Stop(Runnable stopping, Duration limit, PrintStream err, IntConsumer halt) {
    this.stopping = stopping;
    this.limit = limit;
    this.err = err;
    this.halt = halt;
  }

  @Override
  public void run() {
    Thread.ofPlatform().name("tp-stop-limit").daemon().start(this::awaitEnd);
    try {
      stopping.run();
    } finally {
      stopped.countDown();
    }
  }

  private void awaitEnd() {
    try {
      if (stopped.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    err.println("teleprinter: not stopped after " + limit.toSeconds() + " s: ended without it");
    halt.accept(FatalErrors.STATUS);
  }
}
