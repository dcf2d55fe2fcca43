// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.List;
import java.util.function.IntConsumer;

/** Who reads what now. Thread-safe. */
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

  /** {@return how many subscribers there are in all} Waits for the event loops. */
  int count();

  /** {@return the subscribers, at most so many from each event loop} Waits as well. */
  List<Reader> list(int eachLoopMax);

  /**
   * Cuts the subscriber of that {@link Reader#number}; one that can, resumes. Waits as well.
   *
   * @return whether it was there
   */
  boolean shed(long number);

  /** {@return how many were shed since the start, on request and for taking nothing} */
  long shedCount();

  /** {@return what was delivered, and how} Waits as well. */
  DeliveryFigures figures();
}
