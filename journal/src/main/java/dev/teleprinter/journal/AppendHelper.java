// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * Threads that take turns as the appender, so that an append need not wake another thread: event
 * loops, which then deliver what they appended. Thread-safe.
 */
@FunctionalInterface
public interface AppendHelper {
  /**
   * Asked on a thread that has queued an append.
   *
   * @return whether this thread will soon call {@link Journal#appendQueued}; if not, the appender's
   *     own thread is woken
   */
  boolean helps();
}
