// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.util.List;

/** Finds events of a topic within one file. Thread-safe. May block. */
sealed interface FileIndex permits OpenIndex, SealedIndex {
  /**
   * {@return where the topic's events in {@code (after, through]} lie, oldest first, the first
   * {@code entriesMax} of them}
   */
  Entries find(String topic, long after, long through, int entriesMax) throws IOException;

  /** {@return the stretches of a topic, oldest first} */
  List<Stretch> stretches(String topic) throws IOException;

  /** {@return the sequence of a topic's event by its ordinal, the newest life's; 0 if not here} */
  long sequenceAt(String topic, long ordinal) throws IOException;

  /**
   * {@return positions of records that may be events of a topic with a publisher's id, oldest
   * first}
   */
  int[] positionsOfPublisherId(String topic, String id) throws IOException;
}
