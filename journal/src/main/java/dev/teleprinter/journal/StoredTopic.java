// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A topic as a start finds it, stretch by stretch. Confined to {@link Recovery}.
 *
 * <p>There may be a million: each is no larger than the log that it becomes, and goes as that is
 * made.
 */
final class StoredTopic {
  private static final int OPEN = -1;

  final String name;
  long trimmed; // ordinal of the first event found
  long trimmedThrough;
  long appended;
  long latest;
  long bytes;
  int oldestSeconds; // of the first event found, since 1970
  private int closedSeconds = OPEN; // likewise
  @Nullable Map<String, Long> ids; // of the newest file

  StoredTopic(String name, long forgottenThrough) {
    this.name = name;
    this.trimmedThrough = forgottenThrough;
    this.latest = forgottenThrough;
  }

  /**
   * Adds events after those before.
   *
   * @return the sequences {@code (from, to)} between which events are missing, null when none are
   */
  long @Nullable [] add(Stretch stretch) {
    long[] missing = null;
    boolean first = appended == 0 && trimmed == 0;
    long before = stretch.count() > 0 ? stretch.firstSequence() - 1 : stretch.firstSequence();
    if (first && stretch.firstOrdinal() > 0) {
      trimmed = stretch.firstOrdinal();
      trimmedThrough = before;
    } else if (stretch.firstOrdinal() < appended || (isClosed() && stretch.count() > 0)) {
      // Another life of the name: what was known of it is gone.
      trimmed = stretch.firstOrdinal();
      trimmedThrough = trimmed == 0 ? latest : before;
      bytes = 0;
      closedSeconds = OPEN;
    } else if (!first && stretch.firstOrdinal() > appended) {
      missing = new long[] {latest, stretch.firstSequence()};
    }
    appended = stretch.firstOrdinal() + stretch.count();
    if (bytes == 0) {
      oldestSeconds = stretch.firstSeconds();
    }
    if (stretch.count() > 0) {
      latest = stretch.lastSequence();
      bytes += stretch.bytes();
    }
    if (stretch.closedMillis() != 0) {
      closedSeconds =
          Math.clamp(Math.floorDiv(stretch.closedMillis(), 1000L), 0, Integer.MAX_VALUE);
    }
    return missing;
  }

  /** {@return whether it takes no more events} */
  boolean isClosed() {
    return closedSeconds != OPEN;
  }

  /** {@return when it was closed, in seconds since 1970} */
  int closedSeconds() {
    return closedSeconds;
  }

  /** The newest wins: it was no repetition, so the one before was gone by then. */
  void remember(String id, long sequence) {
    if (ids == null) {
      ids = new HashMap<>(4);
    }
    ids.put(id, sequence);
  }

  /** {@return what it takes to remember an id, 0 when it is known} */
  long bytesFor(String id) {
    return ids != null && ids.containsKey(id) ? 0 : TopicMemory.ofId(id, ids == null);
  }
}
