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

  private final FileSet set;
  private final TopicTable logs;
  private final long fileBytesMax;
  private final RandomGenerator random;

  FileTidier(FileSet set, TopicTable logs, long fileBytesMax, RandomGenerator random) {
    this.set = set;
    this.logs = logs;
    this.fileBytesMax = fileBytesMax;
    this.random = random;
  }

  /** Looks at every sealed file. Returns whether it changed something, and may find more to do. */
  boolean tidy() {
    try {
      return deleteOldest() || mergeSome();
    } catch (IOException e) { // such as a full disk: what is there stays as it is
      LOG.log(Level.WARNING, "journal: files cannot be tidied now: {0}", e);
      return false;
    }
  }

  private boolean isKept(String topic, long sequence) {
    var log = logs.get(topic);
    return log != null && sequence > log.trimmedThrough();
  }

  /** {@return about how many bytes of a file are kept} */
  private long keptBytes(SealedIndex index) throws IOException {
    long[] bytes = new long[1];
    index.forEach(stretch -> {
      if (isKept(stretch.topic(), stretch.lastSequence())) {
        bytes[0] += Math.max(1, stretch.bytes());
      }
    });
    return bytes[0];
  }

  private boolean deleteOldest() throws IOException {
    var files = set.files();
    if (files.size() < 2
        || !(files.get(0).index instanceof SealedIndex index)
        || keptBytes(index) > 0) {
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
    var run = new ArrayList<JournalFile>();
    long bytes = 0;
    long kept = 0;
    for (int i = 0; i < files.size() - 1; i++) {
      var file = files.get(i);
      long fileKept = file.index instanceof SealedIndex index ? keptBytes(index) : file.bytes;
      if (fileKept <= file.bytes / 2 && kept + fileKept <= fileBytesMax) {
        run.add(file);
        bytes += file.bytes;
        kept += fileKept;
      } else if (isWorthIt(run, bytes - kept)) {
        break;
      } else {
        run.clear();
        bytes = 0;
        kept = 0;
      }
    }
    if (!isWorthIt(run, bytes - kept)) {
      return false;
    }
    merge(run, files.get(files.indexOf(run.get(run.size() - 1)) + 1).header.first());
    return true;
  }

  /** A quarter of a file at least, so that no file is written again for little. */
  private boolean isWorthIt(List<JournalFile> run, long saved) {
    return !run.isEmpty() && saved >= fileBytesMax / 4;
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
  }
}
