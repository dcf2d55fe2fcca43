// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Takes away files of which nothing is kept, and merges neighbours of which little is. Confined to
 * the thread that keeps files.
 *
 * <p>Only the oldest file may be deleted outright: each file names the one before it, so that a
 * missing one is noticed. A file in the middle is merged with its neighbours instead, into one that
 * covers them all.
 */
final class FileTidier {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");

  /** A look takes one in so many parts of the time at most, when it finds nothing to do. */
  private static final int REST_TIMES = 500;

  private final FileSet set;
  private final MemoryJournal journal;
  private final long fileBytesMax;
  private final RandomGenerator random;
  private final FileKeeper keeper;

  // As seen by the last look that found nothing to do.
  private long seenRemovals = -1;
  private long seenSealedThrough;
  private List<JournalFile> seenFiles = List.of();
  private long restingUntil; // milliseconds

  FileTidier(
      FileSet set,
      MemoryJournal journal,
      long fileBytesMax,
      RandomGenerator random,
      FileKeeper keeper) {
    this.keeper = keeper;
    this.set = set;
    this.journal = journal;
    this.fileBytesMax = fileBytesMax;
    this.random = random;
  }

  /**
   * {@return whether a look may find something to do} Not before something was trimmed, forgotten
   * or sealed; and the longer looks take, the more seldom. At rest this costs nothing.
   */
  @SuppressWarnings("ReferenceEquality") // a list that was swapped, not one with equal files
  boolean isDue() {
    long removals = removals();
    if (removals == seenRemovals
        && keeper.sealedThrough() == seenSealedThrough
        && set.files() == seenFiles) {
      return false;
    }
    return journal.clock().millis() >= restingUntil;
  }

  private long removals() {
    return journal.sequencer().trimmer().ofTopic().removals();
  }

  /** Looks at every sealed file. Returns whether it changed something, and may find more to do. */
  boolean tidy() {
    long begun = journal.clock().millis();
    long removals = removals(); // what goes while it looks is for the next look
    long sealedThrough = keeper.sealedThrough(); // likewise
    try {
      if (deleteOldest() || mergeSome()) {
        return true;
      }
      seenRemovals = removals;
      seenSealedThrough = sealedThrough;
      seenFiles = set.files();
      long ended = journal.clock().millis();
      restingUntil = ended + REST_TIMES * (ended - begun);
      return false;
    } catch (IOException e) { // such as a full disk: what is there stays as it is
      LOG.log(Level.WARNING, "journal: files cannot be tidied now: {0}", e);
      return false;
    }
  }

  private boolean isKept(String topic, long sequence) {
    var log = journal.logs().get(topic);
    return log != null && sequence > log.trimmedThrough();
  }

  /** The kept part of one file. Confined to the thread that keeps files. */
  private static final class Kept {
    boolean any; // event or end of a topic
    long bytes; // that a merge would write, at most
    long heapBytes; // of an index of them

    void add(Stretch stretch, boolean kept) {
      long single = Records.singleBytes(stretch.topic());
      if (kept) {
        any = true;
        bytes += stretch.bytes() + stretch.count() * single;
        bytes += stretch.closedMillis() > 0 ? single : 0;
      }
      bytes += stretch.forgottenThrough() > 0 ? single : 0;
      if (kept || stretch.forgottenThrough() > 0) {
        heapBytes += OpenIndex.heapBytes(stretch);
      }
    }
  }

  private Kept kept(SealedIndex index) throws IOException {
    var kept = new Kept();
    kept.bytes = FileHeader.BYTES;
    kept.heapBytes = OpenIndex.heapBytesOfIds(index.header().ids());
    index.forEach(stretch -> kept.add(stretch, isKept(stretch.topic(), stretch.lastSequence())));
    return kept;
  }

  private boolean deleteOldest() throws IOException {
    var files = set.files();
    if (files.size() < 2 || !(files.get(0).index instanceof SealedIndex index) || kept(index).any) {
      return false;
    }
    var oldest = files.get(0);
    set.remove(oldest); // first, so that nobody takes it for lost
    delete(oldest);
    return true;
  }

  /** The index first: without its file it would mean nothing. */
  private void delete(JournalFile file) throws IOException {
    set.folder.delete(IndexFile.name(file.header.first()));
    set.folder.delete(file.name());
    LOG.log(Level.DEBUG, "journal: {0} is deleted", file.name());
  }

  private boolean mergeSome() throws IOException {
    var files = set.files();
    var run = new Run();
    for (int i = 0; i < files.size() - 1; i++) {
      if (run.tryAdd(files.get(i))) {
        continue;
      }
      if (run.isWorthIt()) {
        break;
      }
      run = new Run();
      run.tryAdd(files.get(i)); // it may be the first of another
    }
    if (!run.isWorthIt()) {
      return false;
    }
    merge(run.files, files.get(files.indexOf(run.files.getLast()) + 1).header.first());
    return true;
  }

  /**
   * Neighbours that may be merged: half of each or less is kept, and all that is kept fits into one
   * file and its index into memory. So a merge saves at least what it writes.
   */
  private final class Run {
    final List<JournalFile> files = new ArrayList<>();
    private long bytes;
    private long keptBytes;
    private long heapBytes;

    boolean tryAdd(JournalFile file) throws IOException {
      if (!(file.index instanceof SealedIndex index)) {
        return false;
      }
      var kept = kept(index);
      boolean fits =
          kept.bytes <= file.bytes / 2
              && kept.bytes < file.keptBytesWhenMerged
              && keptBytes + kept.bytes <= fileBytesMax
              && heapBytes + kept.heapBytes <= set.memory.indexBytesMax();
      if (fits) {
        files.add(file);
        bytes += file.bytes;
        keptBytes += kept.bytes;
        heapBytes += kept.heapBytes;
      }
      return fits;
    }

    /** So many bytes at least, so that nothing is written and forced for little. */
    boolean isWorthIt() {
      return !files.isEmpty() && bytes - keptBytes >= fileBytesMax / 32;
    }
  }

  private void merge(List<JournalFile> run, long next) throws IOException {
    var merged = new FileMerge(set, this::isKept, run, random.nextLong()).merge(next);
    set.replace(run.get(0), merged);
    for (var file : run.subList(1, run.size())) {
      set.remove(file);
      delete(file);
    }
    LOG.log(
        Level.DEBUG,
        "journal: {0} files are merged into {1}, {2} bytes",
        run.size(),
        merged.name(),
        merged.bytes);
    if (merged.index instanceof SealedIndex index) {
      merged.keptBytesWhenMerged = kept(index).bytes; // not again before some of that is trimmed
    } else {
      keeper.seal(merged);
    }
  }
}
