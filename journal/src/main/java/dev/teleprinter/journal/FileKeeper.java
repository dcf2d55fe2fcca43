// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedChannelException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What is done to files beside the appender: one thread forces what was written, another seals full
 * files, finds out what retention no longer covers of events that are on the disk only, and takes
 * away files of which nothing is kept. Thread-safe.
 */
final class FileKeeper {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int ENTRIES_AT_ONCE = 4096;
  private static final int TIDY_SECONDS = 10;

  private final FileSet set;
  private final DiskConfig config;
  private final ScheduledExecutorService forcing;
  private final ScheduledExecutorService working;
  private final Set<String> trimming = ConcurrentHashMap.newKeySet();

  // Written by the worker, read by any thread.
  private volatile long sealedThrough;

  // Set once, before the threads have anything to do.
  private @Nullable MemoryJournal hot;
  private @Nullable FileTidier tidier;

  FileKeeper(FileSet set, DiskConfig config) {
    this.set = set;
    this.config = config;
    this.forcing = thread("tp-force-0");
    this.working = thread("tp-files-0");
  }

  private static ScheduledExecutorService thread(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name(name).daemon().factory());
  }

  void start(DiskWriter writer, MemoryJournal journal, RandomGenerator random) {
    hot = journal;
    tidier = new FileTidier(set, journal.logs(), config.fileBytesMax(), random);
    working.scheduleWithFixedDelay(this::tidy, TIDY_SECONDS, TIDY_SECONDS, TimeUnit.SECONDS);
    for (var file : set.files()) {
      if (file.index instanceof SealedIndex) {
        sealedThrough = file.lastSequence;
      }
    }
    journal.sequencer().trimmer().onDisk(this::trimCold, () -> sealedThrough);
    if (config.durability() == Durability.INTERVAL) {
      long nanos = config.forceInterval().toNanos();
      Runnable force = () -> guarded(writer::forceNewest);
      forcing.scheduleWithFixedDelay(force, nanos, nanos, TimeUnit.NANOSECONDS);
    }
  }

  /** {@return the last sequence in files that are sealed} */
  long sealedThrough() {
    return sealedThrough;
  }

  // ---- Sealing.

  /** Takes over a file that is full. The appender. */
  void seal(JournalFile file) {
    later(() -> sealNow(file));
  }

  private void sealNow(JournalFile file) {
    try {
      if (config.durability() != Durability.OS) {
        force(file);
      }
      if (file.index instanceof OpenIndex open) {
        IndexFile.write(set.folder, file.header, open, file.bytes, file.lastSequence);
        var sealed = SealedIndex.open(set.folder, file.header, file.bytes, _ -> {});
        if (sealed != null) {
          file.index = sealed;
          sealedThrough = file.lastSequence;
        }
      }
    } catch (IOException e) { // it stays in memory until the next start
      LOG.log(Level.WARNING, "journal: {0} cannot be sealed: {1}", file.name(), e);
    }
  }

  private void force(JournalFile file) throws IOException {
    try (var opened = set.folder.create(file.name())) {
      opened.force();
    } catch (ClosedChannelException e) {
      LOG.log(Level.DEBUG, "interrupted", e);
    }
  }

  // ---- Retention of what is on the disk only.

  /** Finds out how much of a topic is to go. The appender, which is told by a task. */
  private void trimCold(TopicTrimmer.ColdTrim order) {
    if (trimming.add(order.log().name)) {
      later(() -> {
        Runnable found = () -> {};
        try {
          found = trimmed(order);
        } finally {
          var task = found;
          tell(() -> {
            task.run();
            trimming.remove(order.log().name); // now, so that no order is given in between
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
    try {
      while (!working.isShutdown() && tidier != null && tidier.tidy()) {
        LOG.log(Level.DEBUG, "journal: files were tidied");
      }
    } catch (RuntimeException | Error e) { // else it would never come again
      LOG.log(Level.ERROR, "journal: files cannot be tidied", e);
    }
  }

  /** Does at once what is else done by and by. Waits. */
  void tidyNow() {
    CompletableFuture.runAsync(this::tidy, working).join();
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

  private void later(Runnable task) {
    try {
      working.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "stopped meanwhile", e);
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) { // the thread must outlive a bug
      LOG.log(Level.ERROR, "journal: a file could not be kept", e);
    }
  }

  /** Waits until what was asked for is done, and the appender has done its part. */
  void awaitIdle() {
    CompletableFuture.runAsync(() -> {}, working).join();
    var journal = hot;
    if (journal != null) {
      journal.appender().await(Pending.task(() -> {}));
    }
  }

  /** Stops both threads; waits. Returns whether it was this call that did. */
  synchronized boolean close() {
    if (working.isShutdown()) {
      return false;
    }
    forcing.shutdown();
    working.shutdown();
    boolean interrupted = false;
    for (boolean ended = false; !ended; ) {
      try {
        ended =
            forcing.awaitTermination(1, TimeUnit.MINUTES)
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
