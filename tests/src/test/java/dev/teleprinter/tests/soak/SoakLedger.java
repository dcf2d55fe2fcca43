// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the load did, by kind, and everything that was not as it should be. Thread-safe. */
final class SoakLedger {
  private static final int FAULTS_MAX = 50;

  // Guarded by this.
  private final Map<String, Long> counts = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  synchronized void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  synchronized void fault(String fault) {
    if (faults.size() < FAULTS_MAX) {
      faults.add(fault);
    }
  }

  synchronized Map<String, Long> counts() {
    return Map.copyOf(counts);
  }

  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  @Override
  public synchronized String toString() {
    return counts + (faults.isEmpty() ? ", no faults" : ", FAULTS: " + faults);
  }
}
