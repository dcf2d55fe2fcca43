// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What is done to files beside the appender: one thread forces what was written, another seals full
 * files, a third finds out what retention no longer covers of events that are on the disk only, and
 * takes away files of which nothing is kept. Thread-safe.
 */
final class FileKeeper {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int ENTRIES_AT_ONCE = 4096;
  private static final int TIDY_SECONDS = 10;

  /** Full files without an index, whose index is in memory: then the appender waits for one. */
  private static final int UNSEALED_MAX = 2;

  private static final long SEAL_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Topics whose events on the disk are to be looked at: of more, it is asked again. */
  private static final int TRIMMING_MAX = 4096;

  private final FileSet set;
  private final DiskConfig config;
  private final ScheduledExecutorService forcing;
  private final ScheduledExecutorService sealing;
  private final ScheduledExecutorService working;
  private final Set<TopicLog> trimming = ConcurrentHashMap.newKeySet();

  // Guarded by lock, of which room is a condition.
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ArrayDeque<JournalFile> unsealed = new ArrayDeque<>();

  // Written by the thread that seals, read by any thread.
  private volatile long sealedThrough;

  // Set by the appender, cleared by whoever asks.
  private volatile boolean declined;

  // Set once, before the threads have anything to do.
  private @Nullable MemoryJournal hot;
  private @Nullable FileTidier tidier;

  FileKeeper(FileSet set, DiskConfig config) {
    this.set = set;
    this.config = config;
    this.forcing = thread("tp-force-0");
    this.sealing = thread("tp-seal-0");
    this.working = thread("tp-files-0");
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name(name).daemon().factory());
  }

  void start(DiskWriter writer, MemoryJournal journal, RandomGenerator random) {
    hot = journal;
    tidier = new FileTidier(set, journal, config.fileBytesMax(), random, this);
    var tidying = GuardedTasks.guarded(LOG, "journal: files cannot be tidied", this::tidy);
    working.scheduleWithFixedDelay(tidying, TIDY_SECONDS, TIDY_SECONDS, TimeUnit.SECONDS);
    for (var file : set.files()) {
      if (file.index instanceof SealedIndex) {
        sealedThrough = file.lastSequence;
      } else if (!writer.isNewest(file)) {
        seal(file); // a start could not
      }
    }
    journal.sequencer().trimmer().onDisk(this::trimCold, () -> sealedThrough);
  }

  /** Has what was written forced when the interval is over, if it is to be forced in intervals. */
  void forceLater(Runnable force) {
    if (config.durability() == Durability.INTERVAL) {
      long nanos = config.forceInterval().toNanos();
      var guarded = GuardedTasks.guarded(LOG, "journal: what was written is not forced", force);
      try {
        forcing.schedule(guarded, nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        LOG.log(Level.DEBUG, "stopped meanwhile: it is forced then", e);
      }
    }
  }

  /** {@return the last sequence in files that are sealed} */
  long sealedThrough() {
    return sealedThrough;
  }

  // ---- Sealing.

  /**
   * Waits until one more full file may be handed over: what their indexes take of the heap is
   * bounded. Never waits for a thread that may wait for the appender. The appender.
   *
   * @throws IOException when those before cannot be sealed
   */
  void awaitRoom() throws IOException {
    lock.lock();
    try {
      if (unsealed.size() >= UNSEALED_MAX) {
        later(sealing, this::sealAll); // what failed before may succeed now
      }
      long left = SEAL_WAIT_NANOS;
      while (unsealed.size() >= UNSEALED_MAX) {
        if (left <= 0) {
          throw new IOException("indexes of full files cannot be written");
        }
        left = room.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** Takes over a file that is full. The appender. */
  void seal(JournalFile file) {
    lock.lock();
    try {
      unsealed.add(file);
    } finally {
      lock.unlock();
    }
    later(sealing, this::sealAll);
  }

  /** Seals what is full, oldest first, until one fails. */
  private void sealAll() {
    for (var file = nextUnsealed(); file != null && trySeal(file); file = nextUnsealed()) {
      lock.lock();
      try {
        unsealed.remove();
        room.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private @Nullable JournalFile nextUnsealed() {
    lock.lock();
    try {
      return unsealed.peek();
    } finally {
      lock.unlock();
    }
  }

  private boolean trySeal(JournalFile file) {
    try {
      if (config.durability() != Durability.OS) {
        force(file);
      }
      if (file.index instanceof OpenIndex open) {
        IndexFile.write(set.folder, file.header, open, file.bytes, file.lastSequence);
        var sealed = SealedIndex.open(set, file.header, file.bytes);
        if (sealed == null) {
          throw new IOException("its index does not check");
        }
        file.index = sealed;
        sealedThrough = Math.max(sealedThrough, file.lastSequence);
      }
      return true;
    } catch (IOException e) { // its index stays in memory until it can be written
      LOG.log(Level.WARNING, "journal: {0} cannot be sealed: {1}", file.name(), e);
      return false;
    }
  }

  private void force(JournalFile file) throws IOException {
    try (var opened = set.folder.open(file.name())) {
      opened.force();
    }
  }

  // ---- Retention of what is on the disk only.

  /** Finds out how much of a topic is to go. The appender, which is told by a task. */
  private void trimCold(TopicTrimmer.ColdTrim order) {
    if (trimming.size() >= TRIMMING_MAX) {
      declined = true;
      return; // the sweep comes again
    }
    if (trimming.add(order.log())) {
      later(
          working,
          () -> {
            Runnable found = () -> {};
            try {
              found = trimmed(order);
            } finally {
              var task = found;
              tell(() -> {
                task.run();
                trimming.remove(order.log()); // now, so that no order is given in between
              });
            }
          });
    }
  }

  /** {@return what the appender is to do about it} */
  private Runnable trimmed(TopicTrimmer.ColdTrim order) {
    var log = order.log();
    var cold = log.cold;
    long from = log.trimmedThrough();
    long ordinal = log.trimmed();
    if (cold == null || cold.ordinal() <= ordinal) {
      return () -> {};
    }
    var budget = new Budget(order);
    long through = from;
    boolean more = true;
    try {
      while (more) {
        var found = next(log.name, through, cold.through());
        more = found.size() > 0;
        for (int i = 0; i < found.size() && more; i++) {
          more = budget.takes(found.wireBytes(i), found.seconds(i));
          through = more ? found.sequence(i) : through;
        }
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "journal: retention has to wait: {0}", e);
      return () -> {};
    }
    boolean all = !budget.stopped;
    long end = all ? cold.ordinal() : Math.min(cold.ordinal(), ordinal + budget.gone);
    long last = all ? cold.through() : through;
    return () -> {
      var journal = hot;
      if (journal != null) {
        journal
            .sequencer()
            .trimmer()
            .ofTopic()
            .trimCold(log, end, last, budget.bytesGone, budget.next, order.seconds());
      }
    };
  }

  private Entries next(String topic, long after, long through) throws IOException {
    var files = set.files();
    for (int i = FileSet.firstBeyond(files, after); i < files.size(); i++) {
      var found = files.get(i).index.find(topic, after, through, ENTRIES_AT_ONCE);
      if (found.size() > 0) {
        return found;
      }
    }
    return new Entries();
  }

  /** How much of a topic is to go, event by event. Confined to the worker. */
  private static final class Budget {
    private final TopicTrimmer.ColdTrim order;
    private long kept;
    private long bytes;
    long gone;
    long bytesGone;
    boolean stopped; // at an event that stays
    int next; // when that was appended, in the journal's seconds

    Budget(TopicTrimmer.ColdTrim order) {
      this.order = order;
      this.kept = order.kept();
      this.bytes = order.bytes();
    }

    boolean takes(int wireBytes, int atSeconds) {
      var retention = order.log().retention;
      boolean goes =
          kept > retention.eventsMax()
              || (bytes > retention.bytesMax() && kept > 1)
              || order.nowSeconds() - atSeconds > retention.age().toSeconds();
      if (!goes) {
        stopped = true;
        next = atSeconds - (int) (order.nowSeconds() - order.seconds());
        return false;
      }
      kept--;
      bytes -= wireBytes;
      gone++;
      bytesGone += wireBytes;
      return true;
    }
  }

  /** Deletes and merges files until nothing is left to be gained. */
  private void tidy() {
    if (tidier != null && tidier.isDue()) {
      tidyAll();
    }
  }

  private void tidyAll() {
    while (!working.isShutdown() && tidier != null && tidier.tidy()) {
      LOG.log(Level.DEBUG, "journal: files were tidied");
    }
  }

  /** Does what is done by and by, if it is due. Waits. */
  void tidyIfDue() {
    CompletableFuture.runAsync(this::tidy, working).join();
  }

  /** Does at once what is else done by and by. Waits. */
  void tidyNow() {
    CompletableFuture.runAsync(() -> {}, sealing).join(); // what is full is sealed first
    CompletableFuture.runAsync(this::tidyAll, working).join();
  }

  // ---- The worker.

  private void tell(Runnable task) {
    var journal = hot;
    if (journal != null) {
      try {
        journal.appender().put(Pending.task(task));
      } catch (JournalUnavailableException e) {
        LOG.log(Level.DEBUG, "stopped meanwhile", e);
      }
    }
  }

  private static void later(ScheduledExecutorService thread, Runnable task) {
    try {
      thread.execute(GuardedTasks.guarded(LOG, "journal: a file could not be kept", task));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "stopped meanwhile", e);
    }
  }

  /** Waits until what was asked for is done, and the appender has done its part. */
  void awaitIdle() {
    CompletableFuture.runAsync(() -> {}, sealing).join();
    CompletableFuture.runAsync(() -> {}, working).join();
    var journal = hot;
    if (journal != null) {
      journal.appender().await(Pending.task(() -> {}));
    }
  }

  /** {@return whether topics were passed over since it was asked last, for there were too many} */
  boolean hasDeclined() {
    boolean passedOver = declined;
    declined = false;
    return passedOver;
  }

  /** Stops the threads; waits. Returns whether it was this call that did. */
  synchronized boolean close() {
    if (working.isShutdown()) {
      return false;
    }
    forcing.shutdown();
    sealing.shutdown();
    working.shutdown();
    boolean interrupted = false;
    for (boolean ended = false; !ended; ) {
      try {
        ended =
            forcing.awaitTermination(1, TimeUnit.MINUTES)
                && sealing.awaitTermination(1, TimeUnit.MINUTES)
                && working.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return true;
  }
}
