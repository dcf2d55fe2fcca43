// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The sums over all topic logs, counted as these change, so that nobody has to look at every topic.
 * The appender writes, any thread reads.
 *
 * <p>Each sum is exact at every moment between two batches. A reader may find two of them from
 * different moments.
 */
final class RunningTotals {
  private static final VarHandle CLOSED = handle("closed");
  private static final VarHandle EVENTS = handle("events");
  private static final VarHandle BYTES = handle("bytes");

  // Written by the appender, read by any thread; opaque, as nothing else is published with them.
  @SuppressWarnings("UnusedVariable") // by the handles
  private long closed;

  @SuppressWarnings("UnusedVariable")
  private long events;

  @SuppressWarnings("UnusedVariable")
  private long bytes;

  private static VarHandle handle(String field) {
    try {
      return MethodHandles.lookup().findVarHandle(RunningTotals.class, field, long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Adds a log as it was found on the disk. Before the appender starts. */
  void found(TopicLog log) {
    kept(log.kept(), log.bytes());
    if (log.isClosed()) {
      closed(1);
    }
  }

  /** Events became visible, or were trimmed: then both are negative. */
  void kept(long moreEvents, long moreBytes) {
    EVENTS.setOpaque(this, (long) EVENTS.getOpaque(this) + moreEvents);
    BYTES.setOpaque(this, (long) BYTES.getOpaque(this) + moreBytes);
  }

  /** Topics ended, or ended ones were forgotten: then it is negative. */
  void closed(int more) {
    CLOSED.setOpaque(this, (long) CLOSED.getOpaque(this) + more);
  }

  /** {@return the sums with the number of topics} Any thread. */
  JournalTotals with(int topics) {
    return new JournalTotals(
        topics,
        (long) CLOSED.getOpaque(this),
        (long) EVENTS.getOpaque(this),
        (long) BYTES.getOpaque(this));
  }
}
