// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.journal.Journal.AppendListener;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes. It takes what is queued and has the {@link Sequencer} number it and
 * make it visible, tells the listeners once for the batch, trims, and tells the publishers one by
 * one.
 *
 * <p>Everything is confined to its thread but {@link #put}, {@link #offer}, {@link #await} and
 * {@link #close}.
 */
final class Appender implements Runnable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final Appended SWEPT = new Appended(0, "", false);
  private static final int BATCH_MAX = 256;
  private static final long PARK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Clock clock;
  private final long startSeconds;
  private final Sequencer sequencer;
  private final List<AppendListener> listeners;
  private final Thread thread;
  private final AppendQueue queue;

  // Written by any thread.
  private volatile boolean closing;

  // Confined to the appender.
  private final @Nullable Pending[] batch = new @Nullable Pending[BATCH_MAX];
  private int committed; // of the batch

  Appender(JournalConfig config, Clock clock, Sequencer sequencer, List<AppendListener> listeners) {
    this.clock = clock;
    this.startSeconds = Math.floorDiv(clock.millis(), 1000L);
    this.sequencer = sequencer;
    this.listeners = listeners;
    this.thread = Thread.ofPlatform().name("tp-append-0").daemon().unstarted(this);
    this.queue = new AppendQueue(config.queuedBytesMax(), thread);
  }

  void start() {
    thread.start();
  }

  /** Queues; blocks while the queue is full. */
  void put(Pending pending) {
    refuseWhenClosing();
    queue.put(pending);
  }

  /** Queues. Returns false when the queue is full. */
  boolean offer(Pending pending) {
    refuseWhenClosing();
    return queue.offer(pending);
  }

  /** Queues, waits for the result, and throws what went wrong. */
  Appended await(Pending pending) {
    if (Thread.currentThread().equals(thread)) {
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

  private void refuseWhenClosing() {
    if (closing) {
      throw AppendQueue.stopped();
    }
  }

  @Override
  public void run() {
    try {
      boolean last;
      do {
        last = closing; // before the queue is looked at, so that nothing is left in it
        boolean busy = appendBatch();
        busy |= sweepSlice(seconds());
        if (busy) {
          last = false;
        } else if (!last) {
          queue.park(PARK_NANOS);
        }
      } while (!last);
    } finally {
      queue.shut();
    }
  }

  private boolean sweepSlice(int seconds) {
    try {
      sequencer.beginBatch(seconds, clock.millis());
      boolean more = sequencer.trimmer().sweepSlice(seconds);
      sequencer.commit(); // what was forgotten, for the disk
      return more;
    } catch (JournalUnavailableException e) {
      return false; // it was told; at the next start it is forgotten again
    } catch (Throwable e) { // the appender must outlive a bug: everybody waits for it
      LOG.log(Level.ERROR, "a sweep failed", e);
      return false;
    }
  }

  private int seconds() {
    return (int) (Math.floorDiv(clock.millis(), 1000L) - startSeconds);
  }

  private boolean appendBatch() {
    var pending = queue.take();
    if (pending == null) {
      return false;
    }
    sequencer.beginBatch(seconds(), clock.millis()); // not before it was queued
    committed = 0;
    int size = 0;
    while (pending != null) {
      batch[size] = pending;
      handle(pending, size);
      size++;
      if (sequencer.wantsCommit()) {
        commit(size);
      }
      pending = size == BATCH_MAX ? null : queue.take();
    }
    commit(size);
    if (!sequencer.touchedNames().isEmpty()) {
      for (var listener : listeners) {
        tell(listener);
      }
    }
    sequencer.endBatch();
    for (int i = 0; i < size; i++) {
      done(batch[i]);
    }
    Arrays.fill(batch, 0, size, null); // so that their bytes can go
    return true;
  }

  private void done(@Nullable Pending pending) {
    if (pending != null) {
      queue.done(pending);
      pending.tell();
    }
  }

  private void tell(AppendListener listener) {
    try {
      listener.onAppend(sequencer.touchedNames());
    } catch (Throwable e) { // the appender must outlive a listener: everybody waits for it
      LOG.log(Level.ERROR, "a listener failed; its readers may be late", e);
    }
  }

  /** Handles one append, after all before it in the batch. */
  private void handle(Pending pending, int index) {
    try {
      handle(pending, true);
    } catch (Sequencer.CommitFirstException e) {
      commit(index);
      handle(pending, true); // nothing is to be committed first any more
    }
  }

  private void handle(Pending pending, boolean storing) {
    try {
      if (pending.close != null) {
        pending.result = sequencer.close(pending.close, storing);
      } else if (pending.append != null) {
        pending.result = sequencer.append(pending.append, pending, storing);
      } else {
        handleTask(pending);
        pending.result = SWEPT;
      }
    } catch (Sequencer.CommitFirstException e) {
      throw e;
    } catch (TopicClosedException | JournalUnavailableException e) {
      pending.failure = e;
    } catch (Throwable e) { // the appender must outlive a bug, and a refused allocation
      LOG.log(Level.ERROR, "an append failed", e);
      sequencer.skipSequence();
      pending.failure = new JournalUnavailableException("journal: the append failed: " + e);
    }
  }

  private void handleTask(Pending pending) {
    if (sequencer.isUncommitted()) {
      throw new Sequencer.CommitFirstException(); // a trim must not meet what is not visible yet
    }
    if (pending.task != null) {
      pending.task.run();
    } else {
      sequencer.trimmer().sweepAll(seconds());
    }
  }

  /** Commits the batch up to an index. What cannot be written is refused, or goes on unstored. */
  private void commit(int to) {
    try {
      sequencer.commit();
    } catch (JournalUnavailableException e) {
      goOnUnstored(to, e);
    } catch (Throwable e) { // the appender must outlive a bug
      LOG.log(Level.ERROR, "a batch failed", e);
      goOnUnstored(to, new JournalUnavailableException("journal: the append failed: " + e));
    }
    committed = to;
  }

  private void goOnUnstored(int to, JournalUnavailableException refusal) {
    for (int i = committed; i < to; i++) {
      var pending = batch[i];
      if (pending == null || (pending.append == null && pending.close == null)) {
        continue; // a task, and it was done
      }
      pending.result = null;
      if (pending.append == null || !pending.append.orUnstored()) {
        pending.failure = refusal;
        continue;
      }
      pending.failure = null;
      try {
        handle(pending, false);
      } catch (Sequencer.CommitFirstException e) {
        sequencer.commit(); // nothing is staged for the disk: only makes visible
        handle(pending, false);
      }
    }
    sequencer.commit();
  }

  /** Stops after what is queued. Waits, but not when the appender itself calls. Idempotent. */
  void close() {
    closing = true;
    queue.wake();
    boolean interrupted = false;
    while (thread.isAlive() && !Thread.currentThread().equals(thread)) {
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
