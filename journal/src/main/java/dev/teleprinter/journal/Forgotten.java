// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * What is still known of topics that were forgotten whole: how far each had come, so that a cursor
 * from before is told its gap even when the name is in use again. The appender adds, any thread
 * asks.
 *
 * <p>The latest 65,536 names are known, or fewer when they are long: they are bounded by bytes. Of
 * older ones only the greatest sequence among all of them is known, and holds for every name: we
 * prefer a false gap to an unreported one. Cursor 0 is no cursor and has no gap here: it asks for
 * what there is of a topic's present life.
 */
final class Forgotten {
  static final int NAMES_MAX = 1 << 16;

  private static final long NAME_BYTES = 112; // entries of the map and of the queue

  private final long bytesMax;

  // Written by the appender, read by any thread.
  private final ConcurrentHashMap<String, Long> latestByName = new ConcurrentHashMap<>();
  private volatile long latest; // of all
  private volatile long latestUnnamed; // of those whose name is no longer known

  // Confined to the appender.
  private final ArrayDeque<Topic> oldestFirst = new ArrayDeque<>();
  private long bytes;

  /** Knows as many names as fit into so many bytes. */
  Forgotten(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** Remembers a topic. Appender only, before the topic goes. */
  void add(String name, long latestOfTopic) {
    if (latestOfTopic == 0) {
      return;
    }
    oldestFirst.add(new Topic(name, latestOfTopic));
    bytes += bytesOf(name);
    latestByName.put(name, latestOfTopic);
    latest = Math.max(latest, latestOfTopic);
    while (oldestFirst.size() > NAMES_MAX || bytes > bytesMax) {
      var oldest = oldestFirst.remove();
      bytes -= bytesOf(oldest.name);
      latestUnnamed = Math.max(latestUnnamed, oldest.latest); // before the name goes
      latestByName.remove(oldest.name, oldest.latest);
    }
  }

  private static long bytesOf(String name) {
    return NAME_BYTES + TopicMemory.ofText(name);
  }

  /** Remembers that any name may have gone through a sequence. At a start. */
  void addUnnamed(long latestOfAll) {
    latestUnnamed = Math.max(latestUnnamed, latestOfAll);
    latest = Math.max(latest, latestOfAll);
  }

  /** {@return the last sequence that may be gone with an earlier life of a topic, 0 if none} */
  long through(String name) {
    if (latest == 0) {
      return 0;
    }
    Long named = latestByName.get(name);
    return named == null ? latestUnnamed : Math.max(named, latestUnnamed);
  }

  /** {@return the last sequence above {@code after} that may be gone with any of the topics} */
  long through(Predicate<String> matcher, long after) {
    if (latest <= after) {
      return 0;
    }
    long through = 0;
    for (var topic : latestByName.entrySet()) {
      if (topic.getValue() > Math.max(after, through) && matcher.test(topic.getKey())) {
        through = topic.getValue();
      }
    }
    return Math.max(through, latestUnnamed);
  }

  private record Topic(String name, long latest) {}
}
