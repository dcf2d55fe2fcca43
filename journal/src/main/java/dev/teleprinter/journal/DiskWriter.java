// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.JournalUnavailableException.Reason;
import dev.teleprinter.journal.Records.Kind;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedChannelException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Writes the appender's batches to the newest file, one write each, and begins the next file when
 * it is full. Confined to the appender, except {@link #forceNewest}, {@link #failures} and {@link
 * #forces}.
 *
 * <p>A batch is staged, written, and only then made visible: so no reader ever has an event whose
 * sequence another event gets after a crash. A batch that cannot be written is staged no more, what
 * may be on the disk of it is cut off or written over, and its sequences are not given again.
 */
final class DiskWriter {
  static final int BATCH_BYTES = 1 << 20;

  /** The newest file's index is in memory: so many stretches at most, or bytes of the account. */
  static final int STRETCHES_MAX = 1 << 15;

  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");

  private final FileSet set;
  private final DiskConfig config;
  private final String epoch;
  private final Clock clock;
  private final RandomGenerator random;
  private final FileKeeper keeper;
  private final FileWatch watch;

  // Confined to the appender.
  private final StagedRecords staged = new StagedRecords();
  private @Nullable JournalFile newest;
  private @Nullable FileHeader next; // of the file that the batch begins
  private long covered;
  private long lostAfter; // with resumedAt: told by the first batch
  private long resumedAt;
  private boolean written; // since it was opened
  private @Nullable JournalUnavailableException failure; // of the last batch

  // Written by the appender, read by the thread that forces.
  private volatile Folder.@Nullable Handle handle;
  private volatile boolean unforced;

  // Written by the thread that forces, read by the appender.
  private volatile @Nullable IOException forceFailure;

  // Written by the appender, read by any thread.
  private final LongAdder failures = new LongAdder();

  // Written by the thread that forces (the appender, for each batch; or another), read by any.
  private final Delays forces = new Delays();

  DiskWriter(
      Recovery.Found found,
      DiskConfig config,
      String epoch,
      Clock clock,
      RandomGenerator random,
      FileKeeper keeper) {
    this.set = found.set();
    this.config = config;
    this.epoch = epoch;
    this.clock = clock;
    this.random = random;
    this.keeper = keeper;
    this.watch = new FileWatch(set.folder);
    this.newest = found.newest();
    this.covered = found.covered();
    if (newest != null) {
      staged.salt(newest.header.salt());
    }
  }

  /** The journal was killed: sequences in between may have been given to events that are lost. */
  void resume(long after, long at) {
    lostAfter = after;
    resumedAt = at;
  }

  /** {@return how many batches could not be written} Any thread. */
  long failures() {
    return failures.sum();
  }

  /** {@return how long it took to force a file that is being written} Any thread. */
  Delays.Counts forces() {
    return forces.counts();
  }

  /** {@return whether each batch is forced} Any thread. */
  boolean isForced() {
    return config.durability() == Durability.ALWAYS;
  }

  /** {@return why the last batch could not be written, null when it was} */
  @Nullable JournalUnavailableException failure() {
    return failure;
  }

  /** {@return whether the next batch begins a file, or meets a disk that fails} */
  boolean mayWait() {
    var file = newest;
    return failure != null
        || file == null
        || isFull(file)
        || forceFailure != null
        || handle == null;
  }

  int bytes() {
    return staged.bytes();
  }

  /**
   * {@return whether the next record begins a file that would have the name of the present one} It
   * is full of ends of topics, and no event was given a sequence since it was begun.
   */
  boolean isSpent(long accepted) {
    var file = newest;
    return file != null && staged.isEmpty() && isFull(file) && file.header.first() > accepted;
  }

  // ---- Staging.

  /** Stages an event. Its ordinal in each topic comes first. */
  void event(
      long sequence,
      long millis,
      boolean closing,
      @Nullable String publisherId,
      List<String> topics,
      long[] ordinals,
      IdLine idLine,
      byte[] rest) {
    maybeBegin(sequence, millis);
    staged.event(sequence, millis, closing, publisherId, topics, ordinals, idLine, rest);
  }

  /** Stages the end of a topic, which would give its next event that ordinal. */
  void closed(String topic, long ordinal, long latest, long millis) {
    single(Kind.CLOSE, topic, ordinal, latest, millis);
  }

  /** Stages that a topic is gone whole, through a sequence. */
  void forgotten(String topic, long through, long latest, long millis) {
    single(Kind.FORGOTTEN, topic, through, latest, millis);
  }

  private void single(Kind kind, String topic, long ordinal, long latest, long millis) {
    maybeBegin(latest + 1, millis);
    staged.single(kind, topic, ordinal, latest, millis);
  }

  /** Before the first record of a batch: to which file it goes, since its salt is needed. */
  private void maybeBegin(long sequence, long millis) {
    if (!staged.isEmpty()) {
      return;
    }
    var file = newest;
    boolean full = file != null && isFull(file);
    if (file == null || full || (forceFailure != null && file.hasEvents())) {
      next = new FileHeader(epoch, sequence, covered, sequence, millis, random.nextLong());
      staged.salt(next.salt());
    }
    if (resumedAt > 0) {
      staged.resumed(lostAfter, resumedAt, millis);
    }
  }

  private boolean isFull(JournalFile file) {
    return file.bytes >= config.fileBytesMax()
        || (file.index instanceof OpenIndex index
            && (index.stretchCount() >= STRETCHES_MAX
                || index.heapBytes() >= set.memory.indexBytesMax()));
  }

  // ---- Writing.

  /**
   * Writes what is staged, and forces it if that is asked for.
   *
   * @throws JournalUnavailableException when it cannot be written: nothing is staged any more
   */
  void write() {
    if (staged.isEmpty()) {
      return;
    }
    try {
      write(file());
      if (failure != null) {
        failure = null;
        LOG.log(Level.INFO, "journal: events are stored again");
      }
    } catch (IOException e) {
      throw failed(e);
    } finally {
      staged.clear();
    }
  }

  private JournalFile file() throws IOException {
    var header = next;
    if (header != null) {
      return begin(header);
    }
    var file = newest;
    if (file == null) {
      throw new IllegalStateException("journal: staged without a file");
    }
    return file;
  }

  private JournalFile begin(FileHeader header) throws IOException {
    watch.checkFolder();
    seal();
    var file = new JournalFile(header, new OpenIndex(), header.first() - 1, FileHeader.BYTES);
    var opened = set.folder.create(file.name());
    try {
      opened.truncate(0);
      opened.write(header.encode(), 0);
      if (config.durability() != Durability.OS) {
        opened.force();
        set.folder.force();
      }
    } catch (IOException e) {
      opened.close();
      set.folder.delete(file.name());
      throw e;
    }
    handle = opened;
    forceFailure = null;
    newest = file;
    next = null;
    covered = header.first();
    set.add(file);
    return file;
  }

  /** Hands the newest file over, to be forced and to get its index. */
  private void seal() throws IOException {
    var file = newest;
    if (file != null) {
      keeper.awaitRoom();
      var opened = handle;
      if (opened != null) {
        handle = watch.check(file, opened, clock.millis());
        opened = handle;
      }
      newest = null;
      handle = null;
      if (opened != null) {
        opened.close();
      }
      keeper.seal(file);
    }
  }

  private void write(JournalFile file) throws IOException {
    var opened = opened(file);
    long at = file.bytes;
    try {
      opened.write(staged.written(), at);
      if (isForced()) {
        force(opened);
      }
    } catch (IOException e) {
      cutOff(opened, at);
      throw e;
    }
    if (!unforced) { // once between two forces: nothing is to be forced while nothing is written
      unforced = true;
      keeper.forceLater(this::forceNewest);
    }
    written = true;
    resumedAt = 0;
    if (file.index instanceof OpenIndex index) {
      staged.index(index, at, epoch);
    }
    file.bytes = at + staged.bytes();
    file.lastSequence = Math.max(file.lastSequence, staged.lastSequence());
  }

  private Folder.Handle opened(JournalFile file) throws IOException {
    var opened = handle;
    long now = clock.millis();
    if (opened != null) {
      if (failure != null || watch.isDue(now)) {
        opened = watch.check(file, opened, now);
        handle = opened;
      }
      return opened;
    }
    watch.checkFolder();
    opened = set.folder.create(file.name());
    if (opened.size() < file.bytes) { // it was deleted since the start, and is made anew just now
      opened.close();
      set.folder.delete(file.name());
      forceFailure = new IOException("the newest file is gone");
      throw forceFailure;
    }
    handle = opened;
    return opened;
  }

  /** {@return whether a file is the one that is written} Before the appender starts. */
  boolean isNewest(JournalFile file) {
    return file.equals(newest);
  }

  /** What could not be forced may be gone from the page cache: the next try is a new file's. */
  private void force(Folder.Handle opened) throws IOException {
    try {
      var begun = clock.instant();
      opened.force();
      forces.add(Duration.between(begun, clock.instant()).toNanos());
    } catch (IOException e) {
      forceFailure = e;
      throw e;
    }
  }

  private static void cutOff(Folder.Handle opened, long at) {
    try {
      opened.truncate(at);
    } catch (IOException e) { // then the next batch is written over it
      LOG.log(Level.DEBUG, "a half-written batch cannot be cut off", e);
    }
  }

  private JournalUnavailableException failed(IOException e) {
    failures.increment();
    var text = String.valueOf(e.getMessage());
    var lower = text.toLowerCase(Locale.ROOT);
    boolean full = lower.contains("no space left") || lower.contains("quota exceeded");
    if (failure == null) {
      LOG.log(
          Level.ERROR,
          "journal: {0}: events cannot be stored: {1}; publishers are refused until they can",
          set.folder.description(),
          full ? "the disk is full" : e);
    }
    var refusal =
        full
            ? new JournalUnavailableException(Reason.STORAGE_FULL, "journal: the disk is full")
            : new JournalUnavailableException(
                Reason.STORAGE_FAILED, "journal: the disk does not take it (see the server's log)");
    failure = refusal;
    return refusal;
  }

  // ---- The other thread's side, and the end.

  /** Forces what was written and not yet forced. Never by two threads at once. */
  void forceNewest() {
    unforced = false; // first: what is written from now on needs another
    var opened = handle;
    boolean forced = false;
    try {
      if (opened != null) {
        force(opened);
      }
      forced = true;
    } catch (ClosedChannelException e) {
      forceFailure = null;
      forced = true;
      LOG.log(Level.DEBUG, "the file was sealed meanwhile: it is forced then", e);
    } catch (IOException e) { // the next batch begins a file
      forced = true;
      LOG.log(Level.ERROR, "journal: what was written cannot be forced: {0}", e);
    } finally {
      if (!forced) {
        keeper.forceLater(this::forceNewest); // a bug, which is logged: it is tried again
      }
    }
  }

  /** Says that all is whole, forces it and closes the file. Once the appender is gone. */
  void close(long latest, long millis) {
    try {
      var file = newest;
      if (written && file != null) {
        staged.clear();
        staged.stopped(latest, millis);
        var opened = handle;
        if (opened != null) {
          opened.write(staged.written(), file.bytes);
          if (config.durability() != Durability.OS) {
            opened.force();
          }
        }
      }
      var opened = handle;
      handle = null;
      if (opened != null) {
        opened.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "journal: cannot be closed as whole: {0}", e);
    }
  }
}
