// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a bystander met: how long things took, and each thing that went wrong. Thread-safe. */
final class BystanderLedger {
  private static final int FAULTS_MAX = 20;

  private static final int HICCUPS_MAX = 1 << 16;

  // Guarded by this.
  private final long[] hiccups = new long[HICCUPS_MAX];
  private int hiccupCount;
  private final List<String> faults = new ArrayList<>();
  private long[] delays = new long[1024];
  private int count;
  private int answers;
  private int probes;

  synchronized void delayed(long nanos) {
    if (count == delays.length) {
      delays = Arrays.copyOf(delays, 2 * count);
    }
    delays[count++] = nanos;
  }

  /** A thread that had nothing to do was woken so much too late: the machine's fault. */
  synchronized void hiccup(long nanos) {
    if (hiccupCount < HICCUPS_MAX) {
      hiccups[hiccupCount++] = nanos;
    }
  }

  synchronized void answered() {
    answers++;
  }

  synchronized void probed() {
    probes++;
  }

  synchronized void fault(String fault) {
    if (faults.size() < FAULTS_MAX) {
      faults.add(fault);
    }
  }

  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  synchronized int events() {
    return count;
  }

  synchronized int answers() {
    return answers;
  }

  /** {@return the delay that only a share of events exceeded} */
  synchronized Duration quantile(double share) {
    return quantile(delays, count, share);
  }

  /** {@return how late the machine wakes threads, of which only a hundredth is later} */
  synchronized Duration hiccups() {
    return quantile(hiccups, hiccupCount, 0.99);
  }

  private static Duration quantile(long[] values, int count, double share) {
    if (count == 0) {
      return Duration.ZERO;
    }
    var sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return Duration.ofNanos(sorted[Math.max(0, (int) Math.ceil(share * count) - 1)]);
  }

  @Override
  public synchronized String toString() {
    return "%d events (p50 %.1f ms, p99 %.1f ms, max %.1f ms), %d answers, %d looks at /healthz; machine %.1f ms"
        .formatted(
            count,
            quantile(0.5).toNanos() / 1e6,
            quantile(0.99).toNanos() / 1e6,
            quantile(1).toNanos() / 1e6,
            answers,
            probes,
            hiccups().toNanos() / 1e6);
  }
}
