// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.journal.AppendTurn.Left;
import dev.teleprinter.journal.Journal.AppendListener;
import java.lang.invoke.VarHandle;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Has what is queued appended, by one thread at a time: the one that has the <em>turn</em>. Other
 * classes call that one the appender.
 *
 * <p>Mostly that is a thread that queued something itself and helps ({@link AppendHelper}): an
 * event loop, at the end of its round. What nobody helps with is done by the appender's own thread,
 * which also sweeps, and does whatever may wait for the disk: a loop must not. A turn that took
 * long leaves everything to it for a while.
 *
 * <p>Nothing is left behind: who queues either sees the turn taken, then its holder sees what was
 * queued when it looks again; or sees it free, and then helps or wakes the thread. Thread-safe.
 */
final class Appender implements Runnable {
  private static final long PARK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * Between two slices of a sweep. On one core the thread that sweeps would else keep it from an
   * event loop for all of a round, or for as long as the kernel lets it.
   */
  private static final long BETWEEN_SLICES_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  /** From so long a turn on, the disk has become slow. */
  private static final long SLOW_MILLIS = 50;

  private static final long UNHELPED_MILLIS = 1000;

  private final Clock clock;
  private final Thread thread;
  private final AppendQueue queue;
  private final boolean helpable;
  private final ReentrantLock turn = new ReentrantLock();

  // Guarded by turn.
  private final AppendTurn work;
  private long unhelpedUntil; // epoch millis

  // Written by any thread.
  private volatile boolean closing;
  private volatile AppendHelper helper = () -> false;

  // Written by who has the turn, read by any thread.
  private volatile boolean unhelped;

  Appender(long queuedBytesMax, Clock clock, Sequencer sequencer, List<AppendListener> listeners) {
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("tp-append-0").daemon().unstarted(this);
    this.queue = new AppendQueue(queuedBytesMax, thread);
    this.work = new AppendTurn(clock, sequencer, listeners, queue);
    this.helpable = !sequencer.isForced();
  }

  void start() {
    thread.start();
  }

  /** Lets threads help, unless each batch is forced to the disk: then none can. */
  void help(AppendHelper newHelper) {
    if (helpable) {
      helper = newHelper;
    }
  }

  // ---- Queueing.

  /** Queues; blocks while the queue is full. */
  void put(Pending pending) {
    refuseWhenClosing();
    if (!turn.isHeldByCurrentThread()) {
      queue.put(pending);
    } else if (!queue.offer(pending)) {
      throw new IllegalStateException("queue: full (expected: no put by the appender itself)");
    }
    queued();
  }

  /** Queues. Returns false when the queue is full. */
  boolean offer(Pending pending) {
    refuseWhenClosing();
    boolean fits = queue.offer(pending);
    if (fits) {
      queued();
    }
    return fits;
  }

  private void queued() {
    if (!turn.isLocked() && (unhelped || !helper.helps())) {
      queue.wakeIfParked();
    }
  }

  /** Queues, waits for the result, and throws what went wrong. */
  Appended await(Pending pending) {
    if (turn.isHeldByCurrentThread()) {
      throw new IllegalStateException("append: would wait for itself (expected: another thread)");
    }
    put(pending);
    try {
      return pending.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Asks the thread to come round. Takes no room in the queue: a full one is asked, too. */
  CompletableFuture<Void> probe(Supplier<@Nullable JournalUnavailableException> failure) {
    if (closing) {
      return CompletableFuture.failedFuture(AppendQueue.stopped());
    }
    var answer = new CompletableFuture<Void>();
    var probe =
        Pending.probe(() -> {
          var found = failure.get();
          if (found == null) {
            answer.complete(null);
          } else {
            answer.completeExceptionally(found);
          }
        });
    if (queue.offer(probe)) {
      queue.wakeIfParked();
    }
    return answer;
  }

  private void refuseWhenClosing() {
    if (closing) {
      throw AppendQueue.stopped();
    }
  }

  // ---- Appending.

  /** A helper's turn, if nobody has it: see {@link Journal#appendQueued}. */
  boolean appendQueued() {
    if (turn.isHeldByCurrentThread() || !turn.tryLock()) {
      return false; // who has it looks again
    }
    Left left;
    try {
      left = unhelped ? Left.SLOW : append(false);
    } finally {
      turn.unlock();
    }
    if (left == Left.SLOW) {
      queue.wake();
      return false;
    }
    if (left == Left.MORE) {
      work.over();
    }
    VarHandle.fullFence(); // the turn is free before the queue is looked at: see queued()
    return queue.hasNext();
  }

  /** One batch. Has the turn. */
  private Left append(boolean patient) {
    long begun = clock.millis();
    if (unhelped && begun >= unhelpedUntil) {
      unhelped = false;
    }
    var left = work.append(patient);
    long ended = clock.millis();
    if (ended - begun >= SLOW_MILLIS) {
      unhelped = true;
      unhelpedUntil = ended + UNHELPED_MILLIS;
    }
    return left;
  }

  @Override
  public void run() {
    try {
      boolean last;
      do {
        last = closing; // before the queue is looked at, so that nothing is left in it
        long rest = appendAndSweep();
        if (rest == 0) {
          last = false;
        } else if (!last) {
          queue.park(rest);
        }
      } while (!last);
    } finally {
      turn.lock(); // for good: nobody appends any more
      queue.shut();
    }
  }

  /** Returns for how long there is nothing to do, unless something is queued; 0 if there may be. */
  private long appendAndSweep() {
    boolean appended;
    boolean moreToSweep;
    turn.lock();
    try {
      appended = append(true) != Left.IDLE;
      moreToSweep = work.sweepSlice();
    } finally {
      turn.unlock();
    }
    if (appended) {
      work.over();
      return 0;
    }
    return moreToSweep ? BETWEEN_SLICES_NANOS : PARK_NANOS;
  }

  /** Stops after what is queued. Waits, but not when the appender itself calls. Idempotent. */
  void close() {
    closing = true;
    queue.wake();
    boolean interrupted = false;
    while (thread.isAlive() && !turn.isHeldByCurrentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
