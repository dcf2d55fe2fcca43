// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Read;
import org.jspecify.annotations.Nullable;

/**
 * What a read of one topic found, kept for the next of its subscribers: mostly they stand at the
 * same cursor. Confined to its loop.
 */
final class SharedRead {
  private final Journal journal;
  private final int bytesMax;

  private @Nullable Read found; // of the topic, after the cursor
  private @Nullable LoopTopic topic;
  private long cursor;
  private long told;
  private long latest;

  SharedRead(Journal journal, int bytesMax) {
    this.journal = journal;
    this.bytesMax = bytesMax;
  }

  /** {@return what the subscriber's next read finds} Borrowed until the next one. */
  Read of(LoopTopic wanted, Subscription subscription) {
    var kept = found;
    if (kept != null
        && topic == wanted
        && cursor == subscription.cursor()
        && told == subscription.told()) {
      return kept;
    }
    drop();
    topic = wanted;
    cursor = subscription.cursor();
    told = subscription.told();
    latest = journal.latest(); // before the read: nothing up to here is missed at the tail
    var read = journal.read(subscription.topics, cursor, told, bytesMax);
    found = read;
    return read;
  }

  /** {@return the hub's newest sequence from before the read} */
  long latest() {
    return latest;
  }

  /** Lets go of what was found: something may have been appended since. */
  void drop() {
    if (found instanceof Frames frames) {
      frames.release();
    }
    found = null;
    topic = null;
  }
}
