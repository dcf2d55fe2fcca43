// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Read;
import dev.teleprinter.journal.Topics;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Reads from the journal's disk on virtual threads, for subscribers far behind the tail, and hands
 * what was found to their loop. Thread-safe.
 *
 * <p>So many at one time; the others wait their turn, which costs them a little stack each. A
 * subscriber has at most one read under way.
 */
final class ColdReads {
  private static final int AT_ONCE_MAX = 64;

  private final Journal journal;
  private final int bytesMax;
  private final Semaphore places = new Semaphore(AT_ONCE_MAX, true);

  ColdReads(Journal journal, int bytesMax) {
    this.journal = journal;
    this.bytesMax = bytesMax;
  }

  /**
   * Reads and hands over: on the loop, {@code found} gets what was found, and releases it, or
   * {@code failed} gets why not.
   */
  void start(
      EventLoop loop,
      Topics topics,
      long after,
      long told,
      Consumer<Read> found,
      Consumer<RuntimeException> failed) {
    Thread.ofVirtual()
        .name("tp-cold")
        .start(() -> {
          try {
            var read = read(topics, after, told);
            handOver(loop, () -> found.accept(read), read);
          } catch (RuntimeException e) {
            handOver(loop, () -> failed.accept(e), Read.AT_TAIL);
          }
        });
  }

  private Read read(Topics topics, long after, long told) {
    places.acquireUninterruptibly();
    try {
      return journal.readBlocking(topics, after, told, bytesMax);
    } finally {
      places.release();
    }
  }

  private static void handOver(EventLoop loop, Runnable task, Read read) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) { // the server has stopped
      if (read instanceof Frames frames) {
        frames.release();
      }
    }
  }
}
