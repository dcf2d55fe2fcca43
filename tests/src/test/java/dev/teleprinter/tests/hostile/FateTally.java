// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How often each fate was met. Thread-safe. */
final class FateTally {
  private final Map<String, Integer> counts = new TreeMap<>(); // guarded by this

  synchronized void add(ConnectionFate fate) {
    add(fate.toString());
  }

  synchronized void add(String fate) {
    counts.merge(fate, 1, Integer::sum);
  }

  synchronized int count(String fate) {
    return counts.getOrDefault(fate, 0);
  }

  synchronized int total() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Each request was answered, or its connection was closed. */
  FateTally assertNoneSilent() {
    assertThat(count("silent")).as("requests without an end: %s", this).isZero();
    return this;
  }

  /** Each request was answered with one of the statuses. */
  FateTally assertOnly(Object... fates) {
    var others = new TreeMap<>();
    synchronized (this) {
      others.putAll(counts);
    }
    for (var fate : fates) {
      others.remove(fate.toString());
    }
    assertThat(others).as("fates: %s", this).isEmpty();
    return this;
  }

  @Override
  public synchronized String toString() {
    return counts.entrySet().stream()
        .map(count -> count.getValue() + " × " + count.getKey())
        .collect(Collectors.joining(", "));
  }
}
