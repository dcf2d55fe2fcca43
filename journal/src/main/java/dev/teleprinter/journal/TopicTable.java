// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The topic logs by name. One thread at a time adds and removes; any thread looks up and iterates.
 *
 * <p>Open addressing with linear probing: a million topics cost 6 to 12 bytes each here, where a
 * map of nodes takes 40. A slot once taken is never empty again while its array is in use: a log
 * that is removed leaves a mark, so that a lookup under way finds what lies behind it. When the
 * array is two thirds full a new one takes over, without the marks; who still looks into the old
 * one sees the topics as they were a moment ago.
 *
 * <p>Names come from outside. The hash is seeded, so that nobody can choose names that all fall
 * into one place.
 */
final class TopicTable implements Iterable<TopicLog> {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(TopicLog[].class);
  private static final TopicLog REMOVED = new TopicLog("", Retention.defaults(), 0);
  private static final int SLOTS_MIN = 64;

  private final RunningTotals totals = new RunningTotals();
  private final long seed = RandomGenerator.getDefault().nextLong();

  // Written by the one thread, read by any.
  private volatile @Nullable TopicLog[] slots = new @Nullable TopicLog[SLOTS_MIN];
  private volatile int size;

  // Confined to the one thread.
  private int taken; // slots with a log or a mark
  private int count; // slots with a log

  int size() {
    return size;
  }

  /** {@return the sums over all logs that are here, which those who change a log keep} */
  RunningTotals totals() {
    return totals;
  }

  /** {@return the log of a topic, null when there is none} */
  @Nullable TopicLog get(String name) {
    var array = slots;
    int slot = find(array, name);
    return slot < 0 ? null : (TopicLog) SLOT.getAcquire(array, slot);
  }

  /** Adds a log whose name is not there. */
  void add(TopicLog log) {
    if (3L * (taken + 1) > 2L * slots.length) {
      grow();
    }
    put(slots, log);
    taken++;
    size = ++count;
  }

  /** Removes a log, if it is there. */
  void remove(TopicLog log) {
    var array = slots;
    int slot = find(array, log.name);
    if (slot >= 0 && log.equals(SLOT.getAcquire(array, slot))) {
      SLOT.setRelease(array, slot, REMOVED);
      size = --count;
    }
  }

  /** Removes all. */
  void clear() {
    slots = new @Nullable TopicLog[SLOTS_MIN];
    taken = 0;
    count = 0;
    size = 0;
  }

  private void grow() {
    int length = SLOTS_MIN;
    while (length < 2 * (count + 1)) {
      length *= 2;
    }
    var array = new @Nullable TopicLog[length];
    for (var log : this) {
      put(array, log);
    }
    taken = count;
    slots = array;
  }

  private void put(@Nullable TopicLog[] array, TopicLog log) {
    int slot = place(array, log.name);
    while (array[slot] != null) {
      slot = next(array, slot);
    }
    SLOT.setRelease(array, slot, log); // pairs with getAcquire in find(): the log is whole
  }

  /** {@return the slot of a topic's log, negative when there is none} */
  private int find(@Nullable TopicLog[] array, String name) {
    int slot = place(array, name);
    while (true) {
      var log = (TopicLog) SLOT.getAcquire(array, slot);
      if (log == null) {
        return -1;
      }
      if (log != REMOVED && log.name.equals(name)) {
        return slot;
      }
      slot = next(array, slot);
    }
  }

  private int place(@Nullable TopicLog[] array, String name) {
    return (int) Hashes.of(seed, name) & (array.length - 1);
  }

  private static int next(@Nullable TopicLog[] array, int slot) {
    return (slot + 1) & (array.length - 1);
  }

  /** {@return the names of the topics with the latest events, the newest first} Looks at all. */
  List<String> newest(int topicsMax) {
    var newest = new PriorityQueue<Newest>(Comparator.comparingLong(Newest::latest));
    for (var log : this) {
      long latest = log.latest;
      var oldest = newest.peek();
      if (newest.size() < topicsMax || (oldest != null && latest > oldest.latest)) {
        newest.add(new Newest(log.name, latest));
      }
      if (newest.size() > topicsMax) {
        newest.poll();
      }
    }
    return newest.stream()
        .sorted(Comparator.comparingLong(Newest::latest).reversed())
        .map(Newest::name)
        .toList();
  }

  private record Newest(String name, long latest) {}

  Stream<TopicLog> stream() {
    return StreamSupport.stream(spliterator(), false);
  }

  /** {@return every log that is there all the while; others may be seen or not} */
  @Override
  public Iterator<TopicLog> iterator() {
    return new Round(slots);
  }

  private final class Round implements Iterator<TopicLog> {
    private final @Nullable TopicLog[] array;
    private int slot;
    private @Nullable TopicLog found;

    Round(@Nullable TopicLog[] array) {
      this.array = array;
    }

    @Override
    public boolean hasNext() {
      while (found == null && slot < array.length) {
        var log = (TopicLog) SLOT.getAcquire(array, slot++);
        if (log != null && log != REMOVED && isThere(log)) {
          found = log;
        }
      }
      return found != null;
    }

    /** An array that was replaced meanwhile is not told of removals. */
    @SuppressWarnings("ReferenceEquality") // the same array, not one with equal slots
    private boolean isThere(TopicLog log) {
      return array == slots || log.equals(get(log.name));
    }

    @Override
    public TopicLog next() {
      if (!hasNext() || found == null) {
        throw new NoSuchElementException();
      }
      var log = found;
      found = null;
      return log;
    }
  }
}
