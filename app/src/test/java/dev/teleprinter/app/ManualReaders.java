// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.server.DeliveryFigures;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Readers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** Readers of one topic as a test says. Confined to one thread. */
final class ManualReaders implements Readers {
  final List<Reader> all = new ArrayList<>();
  private IntConsumer watcher = _ -> {};

  void say(int count) {
    watcher.accept(count);
  }

  @Override
  public int count(String topic) {
    return (int) all.stream().filter(reader -> reader.topics().contains(topic)).count();
  }

  @Override
  public void watch(String topic, IntConsumer onChange) {
    watcher = onChange;
  }

  @Override
  public void unwatch(String topic) {
    watcher = _ -> {};
  }

  @Override
  public int count() {
    return all.size();
  }

  @Override
  public List<Reader> list(int eachLoopMax) {
    return all.stream().limit(eachLoopMax).toList();
  }

  @Override
  public boolean shed(long number) {
    return all.removeIf(reader -> reader.number() == number);
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
