// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.DeliveryFigures;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Readers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/** Readers that come and go when a test says so. */
final class FakeReaders implements Readers {
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private volatile int others; // readers of every topic that was not set
  private final Map<String, IntConsumer> watchers = new ConcurrentHashMap<>();

  void set(String topic, int count) {
    counts.put(topic, count);
    var watcher = watchers.get(topic);
    if (watcher != null) {
      watcher.accept(count);
    }
  }

  /** Says how many read whatever topic there will be. */
  void setOthers(int count) {
    others = count;
  }

  boolean isWatched(String topic) {
    return watchers.containsKey(topic);
  }

  @Override
  public int count(String topic) {
    return counts.getOrDefault(topic, others);
  }

  @Override
  public void watch(String topic, IntConsumer onChange) {
    watchers.put(topic, onChange);
  }

  @Override
  public void unwatch(String topic) {
    watchers.remove(topic);
  }

  @Override
  public int count() {
    return 0;
  }

  @Override
  public List<Reader> list(int eachLoopMax) {
    return List.of();
  }

  @Override
  public boolean shed(long number) {
    return false;
  }

  @Override
  public long shedCount() {
    return 0;
  }

  @Override
  public DeliveryFigures figures() {
    return DeliveryFigures.none();
  }
}
