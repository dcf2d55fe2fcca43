// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Time for clients that do things at a pace. Stateless. */
final class AttackPace {
  private AttackPace() {}

  /** Waits until {@link System#nanoTime()} says so. */
  static void until(long nanoTime) {
    for (long left = nanoTime - System.nanoTime();
        left > 0 && !Thread.currentThread().isInterrupted();
        left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  static void pause(Duration time) {
    until(System.nanoTime() + time.toNanos());
  }

  /** {@return whether the condition came true in time; it is looked at every 20 ms} */
  static boolean await(Duration limit, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      pause(Duration.ofMillis(20));
    }
    return true;
  }
}
