// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.function.IntConsumer;

/** How many subscribers read a topic now. Thread-safe. */
public interface Readers {
  /** {@return the topic's subscribers by name; matching ones do not count} */
  int count(String topic);

  /**
   * Tells each change of a topic's count, on a virtual thread, in order. One watcher per topic: a
   * second replaces the first.
   */
  void watch(String topic, IntConsumer onChange);

  /** Forgets the topic's watcher. */
  void unwatch(String topic);
}
