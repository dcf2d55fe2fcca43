// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Time that passes when a test says so. What is due runs on the thread that lets it pass; whoever
 * sleeps wakes up. With {@link #withoutPauses} sleeping takes no time at all.
 */
final class ManualScheduler implements Scheduler {
  private record Due(long atNs, Runnable action) {}

  private final boolean pauses;
  private final List<Due> due = new ArrayList<>(); // guarded by this
  private long nowNs = 1; // guarded by this

  private ManualScheduler(boolean pauses) {
    this.pauses = pauses;
  }

  static ManualScheduler withPauses() {
    return new ManualScheduler(true);
  }

  static ManualScheduler withoutPauses() {
    return new ManualScheduler(false);
  }

  void advance(Duration time) {
    long until;
    synchronized (this) {
      until = nowNs + time.toNanos();
    }
    while (true) {
      Due next;
      synchronized (this) {
        next =
            due.stream()
                .filter(d -> d.atNs <= until)
                .min(Comparator.comparingLong(Due::atNs))
                .orElse(null);
        if (next == null) {
          nowNs = until;
          return;
        }
        due.remove(next);
        nowNs = Math.max(nowNs, next.atNs);
      }
      next.action.run();
    }
  }

  @Override
  public synchronized long nowNs() {
    return nowNs;
  }

  @Override
  public synchronized Task after(Duration delay, Runnable action) {
    var task = new Due(nowNs + Math.max(0, delay.toNanos()), action);
    due.add(task);
    return () -> {
      synchronized (this) {
        due.remove(task);
      }
    };
  }

  @Override
  public void sleep(Duration delay, CancelSignal signal) {
    if (!pauses || signal.isCancelled()) {
      return;
    }
    var woken = new CountDownLatch(1);
    after(delay, woken::countDown);
    try {
      while (woken.getCount() > 0 && !signal.isCancelled()) {
        boolean early = woken.await(5, java.util.concurrent.TimeUnit.MILLISECONDS);
        assert !early || woken.getCount() == 0;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public synchronized void close() {
    due.clear();
  }
}
