// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * The check at a start for a journal whose topics do not fit into the heap: it stops keeping them,
 * counts the rest, and says how much memory they need. Confined to {@link Recovery}.
 *
 * <p>A journal beyond its share of the account does start, as long as the heap holds it: then new
 * topics are refused until retention has made room.
 */
final class HeapLimit {
  private static final int MIB = 1 << 20;

  private final TopicMemory memory;
  private final long heapBytesMax;
  private final long limit;
  private boolean reached;
  private long topics;
  private long bytes;

  HeapLimit(TopicMemory memory, long heapBytesMax) {
    this.memory = memory;
    this.heapBytesMax = heapBytesMax;
    this.limit = heapBytesMax / 4 * 3; // the rest is for the collector and what runs beside it
  }

  /** {@return whether there is more than fits} */
  boolean isReached() {
    return reached;
  }

  /** {@return whether so many topics are the first that are more than fit} */
  boolean isReachedBy(int topicsFound) {
    if (!reached && memory.held() > limit) {
      reached = true;
      topics = topicsFound;
      bytes = memory.held();
      return true;
    }
    return false;
  }

  /** Counts what comes after. A topic is counted where it begins, and no more once it is gone. */
  void count(Stretch stretch) {
    int change =
        (stretch.firstOrdinal() == 0 && stretch.count() > 0 ? 1 : 0)
            - (stretch.forgottenThrough() > 0 ? 1 : 0);
    topics += change;
    bytes += change * TopicMemory.ofTopic(stretch.topic());
  }

  /** {@return what is needed, for a person} */
  String message() {
    return "holds about %d topics, which take %d MiB of memory (expected: at most %d of a heap of"
            .formatted(topics, bytes / MIB, limit / MIB)
        + " %d MiB; start it with -Xmx%dm or more, by TELEPRINTER_JAVA_OPTS)"
            .formatted(heapBytesMax / MIB, bytes / MIB * 3 / 2 + 64);
  }
}
