// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.journal.Journal.AppendListener;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is done in a turn of the appender: takes what is queued and has the {@link Sequencer} number
 * it and make it visible, tells the listeners once for the batch, trims, and tells the publishers
 * one by one. Confined to whoever has the turn: see {@link Appender}.
 */
final class AppendTurn {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final Appended SWEPT = new Appended(0, "", false);
  private static final int BATCH_MAX = 256;

  /** What a turn found, and left. */
  enum Left {
    /** Nothing was queued. */
    IDLE,
    /** A batch was appended; there may be more. */
    MORE,
    /** What is next may have to wait for the disk, and was left. */
    SLOW
  }

  private final Clock clock;
  private final long startSeconds;
  private final Sequencer sequencer;
  private final List<AppendListener> listeners;
  private final AppendQueue queue;

  private final @Nullable Pending[] batch = new @Nullable Pending[BATCH_MAX];
  private int committed; // of the batch

  AppendTurn(Clock clock, Sequencer sequencer, List<AppendListener> listeners, AppendQueue queue) {
    this.clock = clock;
    this.startSeconds = Math.floorDiv(clock.millis(), 1000L);
    this.sequencer = sequencer;
    this.listeners = listeners;
    this.queue = queue;
  }

  /**
   * Appends one batch of what is queued.
   *
   * @param patient whether it may wait for the disk; if not, what might is left in the queue
   */
  Left append(boolean patient) {
    var pending = queue.peek();
    if (pending == null) {
      return Left.IDLE;
    }
    if (!patient && isSlow(pending)) {
      return Left.SLOW;
    }
    try {
      appendBatch(pending, patient);
    } catch (VirtualMachineError | LinkageError e) { // the thread ends, and the process with it
      failBatch();
      throw e;
    }
    return Left.MORE;
  }

  private void appendBatch(Pending first, boolean patient) {
    sequencer.beginBatch(seconds(), clock.millis()); // not before it was queued
    committed = 0;
    int size = 0;
    @Nullable Pending pending = first;
    while (pending != null && size < BATCH_MAX && (patient || !pending.maySeek())) {
      queue.take();
      batch[size] = pending;
      handle(pending, size);
      size++;
      if (sequencer.wantsCommit()) {
        commit(size);
        if (!patient) {
          break; // the next batch may begin a file
        }
      }
      pending = queue.peek();
    }
    commit(size);
    tellListeners();
    sequencer.endBatch();
    tellPublishers(size);
    Arrays.fill(batch, 0, size, null); // so that their bytes can go
  }

  /** Nobody is left waiting for what this batch would have become. */
  private void failBatch() {
    for (var pending : batch) {
      if (pending != null) {
        pending.tell(null, AppendQueue.stopped());
      }
    }
  }

  private boolean isSlow(Pending pending) {
    return pending.maySeek() || sequencer.mayWait();
  }

  /** Applies retention to some topics. Returns whether there is more of that to do now. */
  boolean sweepSlice() {
    int now = seconds();
    try {
      sequencer.beginBatch(now, clock.millis());
      boolean more = sequencer.trimmer().sweepSlice(now);
      sequencer.commit(); // what was forgotten, for the disk
      return more;
    } catch (JournalUnavailableException e) {
      return false; // it was told; at the next start it is forgotten again
    } catch (VirtualMachineError | LinkageError e) {
      throw e; // see GuardedTasks
    } catch (Throwable e) { // the appender must outlive a bug: everybody waits for it
      LOG.log(Level.ERROR, "a sweep failed", e);
      return false;
    }
  }

  private int seconds() {
    return (int) (Math.floorDiv(clock.millis(), 1000L) - startSeconds);
  }

  private void tellPublishers(int size) {
    int kibibytes = 0;
    for (int i = 0; i < size; i++) {
      kibibytes += queue.room(Objects.requireNonNull(batch[i]));
    }
    queue.done(kibibytes); // first: a publisher who is told may queue its next
    for (int i = 0; i < size; i++) {
      Objects.requireNonNull(batch[i]).tell();
    }
  }

  private void tellListeners() {
    if (sequencer.touchedNames().isEmpty()) {
      return;
    }
    for (int i = 0; i < listeners.size(); i++) { // they only become more
      try {
        listeners.get(i).onAppend(sequencer.touchedNames());
      } catch (VirtualMachineError | LinkageError e) {
        throw e;
      } catch (Throwable e) { // the appender must outlive a listener: everybody waits for it
        LOG.log(Level.ERROR, "a listener failed; its readers may be late", e);
      }
    }
  }

  /** Tells the listeners that the turn is free again. Whoever had it. */
  void over() {
    for (int i = 0; i < listeners.size(); i++) {
      try {
        listeners.get(i).onTurnOver();
      } catch (VirtualMachineError | LinkageError e) {
        throw e;
      } catch (Throwable e) { // as above: a loop that has stopped refuses to be woken
        LOG.log(Level.ERROR, "a listener failed; its readers may be late", e);
      }
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
    } catch (VirtualMachineError | LinkageError e) {
      throw e;
    } catch (Throwable e) { // the appender must outlive a bug
      LOG.log(Level.ERROR, "an append failed", e);
      sequencer.skipSequence();
      pending.failure = new JournalUnavailableException("journal: the append failed");
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
    } catch (VirtualMachineError | LinkageError e) {
      throw e;
    } catch (Throwable e) { // the appender must outlive a bug
      LOG.log(Level.ERROR, "a batch failed", e);
      goOnUnstored(to, new JournalUnavailableException("journal: the append failed"));
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
}
