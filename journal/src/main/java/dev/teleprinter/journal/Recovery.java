// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a folder holds, at a start: reads the index of every sealed file and all of the
 * newest file, cuts a torn end, and says what is broken or missing. Confined to the thread that
 * opens the journal.
 *
 * <p>Deleted is only what certainly has no event: a newest file that was killed as it began, and
 * what was merged into another. What has a journal file's name and does not begin like one is set
 * aside under another name, so that no new file takes its place.
 */
final class Recovery {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");

  private static final long NEWEST = -1; // no file comes after it
  static final String ASIDE = ".aside";

  private final FileSet set;
  private final boolean repairing;
  private final Map<String, StoredTopic> topics = new HashMap<>();
  private final Forgotten forgotten;
  private final HeapLimit heap;
  private final List<String> findings = new ArrayList<>();
  private final List<String> aside = new ArrayList<>(); // files to be set aside

  private @Nullable String epoch;
  private @Nullable JournalFile newest;
  private long latest;
  private long covered = FileHeader.NONE; // by the files so far, whole or not
  private long missingFrom = -1; // sequences from here on are in no file that can be read
  private boolean stopped = true;
  private boolean ownFormInUse;

  private Recovery(FileSet set, boolean repairing, long heapBytesMax) {
    this.set = set;
    this.repairing = repairing;
    this.forgotten = new Forgotten(set.memory.forgottenBytesMax());
    this.heap = new HeapLimit(set.memory, heapBytesMax);
  }

  /**
   * What was found.
   *
   * @param epoch null when there is no journal yet
   * @param newest the file to go on with, null when a new one must be begun
   * @param latest the greatest sequence found
   * @param covered what a new file follows on
   * @param stopped whether the journal was stopped, not killed
   * @param topics in no order; to be emptied by whoever makes logs of them
   * @param forgotten topics forgotten, with the last sequence gone with each
   * @param findings what is broken, a sentence each
   */
  record Found(
      FileSet set,
      @Nullable String epoch,
      @Nullable JournalFile newest,
      long latest,
      long covered,
      boolean stopped,
      boolean ownFormInUse,
      Map<String, StoredTopic> topics,
      Forgotten forgotten,
      List<String> findings) {}

  /**
   * Reads the folder. Reserves what the topics found take, as running does.
   *
   * @param repairing whether to cut torn ends and write missing indexes
   * @throws UnusableFolderException when the folder is another program's, or of a later version, or
   *     holds more topics than fit into the heap
   */
  static Found read(Folder folder, TopicMemory memory, boolean repairing) throws IOException {
    long heapBytesMax = Runtime.getRuntime().maxMemory();
    return new Recovery(new FileSet(folder, memory), repairing, heapBytesMax).run();
  }

  private Found run() throws IOException {
    var firsts = new ArrayList<Long>();
    for (var name : set.folder.names()) {
      long first = FileHeader.firstOf(name);
      if (first >= 0) {
        firsts.add(first);
      } else if (repairing && name.endsWith(".new")) {
        set.folder.delete(name); // of a write that never came to its end
      } else if (!isOurs(name)) {
        refuse(name + ": not a journal's file (expected: a directory for the journal alone)");
      }
    }
    for (int i = 0; i < firsts.size(); i++) {
      read(firsts.get(i), i == firsts.size() - 1 ? NEWEST : firsts.get(i + 1));
    }
    if (heap.isReached()) {
      refuse(heap.message());
    }
    setAside();
    return new Found(
        set,
        epoch,
        newest,
        latest,
        covered,
        stopped && missingFrom < 0,
        ownFormInUse,
        topics,
        forgotten,
        findings);
  }

  private static boolean isOurs(String name) {
    return name.equals("lock")
        || name.endsWith(".tpx")
        || name.endsWith(".new")
        || name.contains(ASIDE);
  }

  private void setAside() throws IOException {
    for (var name : repairing ? aside : List.<String>of()) {
      var taken = set.folder.names();
      var target = name + ASIDE;
      for (int i = 2; taken.contains(target); i++) {
        target = name + ASIDE + i;
      }
      set.folder.replace(name, target);
      LOG.log(Level.WARNING, "journal: {0} is now {1}", name, target);
    }
  }

  private void refuse(String why) {
    throw new UnusableFolderException(set.folder.description() + ": " + why);
  }

  private void finding(String what) {
    findings.add(what);
    LOG.log(Level.WARNING, "journal: {0}", what);
  }

  private void read(long first, long next) throws IOException {
    boolean last = next == NEWEST;
    var name = FileHeader.name(first);
    try (var file = set.folder.open(name)) {
      if (last && file.size() < FileHeader.BYTES) {
        readShort(file, name);
        return;
      }
      var header = header(file, name, first);
      if (header == null) {
        missing(first);
        return;
      }
      if (first <= covered && covered >= 0) { // merged into the one before
        if (repairing) {
          set.folder.delete(name);
          set.folder.delete(IndexFile.name(first));
        }
        return;
      }
      if (epoch == null) {
        epoch = header.epoch();
      }
      boolean gap = covered >= 0 && header.before() != covered;
      if (gap && missingFrom < 0) {
        missingFrom = latest + 1;
      }
      if (missingFrom >= 0 && missingFrom < first) {
        finding(
            "sequences %d to %d may be missing: no file before %s has them"
                .formatted(missingFrom, first - 1, name));
        set.add(new FileSet.Hole(null, missingFrom, first - 1));
      }
      missingFrom = -1;
      covered = header.covers();
      readGood(file, header, next);
    }
  }

  /** A newest file without a header: either way there is no event in it. */
  private void readShort(Folder.Handle file, String name) throws IOException {
    stopped = false;
    var bytes = ByteBuffer.allocate((int) file.size());
    if (!file.read(bytes, 0) || !FileHeader.isBeginning(bytes.flip())) {
      finding(name + ": does not begin like a journal file; it is set aside");
      aside.add(name);
    } else if (repairing) {
      set.folder.delete(name); // killed as it began
    }
  }

  /** What is in it cannot be told: it is as if it were not there. */
  private void missing(long first) {
    if (missingFrom < 0) {
      missingFrom = covered >= 0 || latest > 0 ? latest + 1 : Math.max(1, first);
    }
    covered = Math.max(covered, first);
    stopped = false;
  }

  private @Nullable FileHeader header(Folder.Handle file, String name, long first)
      throws IOException {
    var bytes = ByteBuffer.allocate(FileHeader.BYTES);
    FileHeader header = null;
    try {
      header = file.read(bytes, 0) ? FileHeader.decode(bytes) : null;
    } catch (FileHeader.ForeignException e) {
      refuse(name + ": " + e.getMessage());
    }
    if (header == null) {
      finding(name + ": its header does not check (expected: a journal file); it is set aside");
      aside.add(name);
      return null;
    }
    if (header.first() != first) {
      finding(name + ": is the file " + FileHeader.name(header.first()) + "; it is passed over");
      return null;
    }
    if (epoch != null && !epoch.equals(header.epoch())) {
      finding(name + ": belongs to another journal, " + header.epoch() + "; it is passed over");
      return null;
    }
    return header;
  }

  private void readGood(Folder.Handle file, FileHeader header, long next) throws IOException {
    long size = file.size();
    if (next != NEWEST) {
      var index = SealedIndex.open(set, header, size);
      if (index != null) {
        index.forEach(this::replay);
        index.ranges(true).forEach(hole -> set.add(new FileSet.Hole(null, hole[0], hole[1])));
        index.ranges(false).forEach(range -> set.addUnknown(range[0], range[1]));
        ownFormInUse |= index.header().ownFormInUse();
        latest = Math.max(latest, index.header().lastSequence());
        set.add(new JournalFile(header, index, index.header().lastSequence(), size));
        stopped = false;
        return;
      }
    }
    scan(file, header, next);
  }

  private void scan(Folder.Handle file, FileHeader header, long next) throws IOException {
    boolean last = next == NEWEST;
    var name = FileHeader.name(header.first());
    var scan =
        Scans.scan(
            file,
            header,
            (from, to) -> finding("%s: bytes %d to %d do not check".formatted(name, from, to)),
            (_, _, _) -> {});
    var index = scan.index();
    if (!last && scan.end() < file.size() && scan.lastSequence() + 1 < next) {
      index.hole(scan.lastSequence() + 1, next - 1);
    }
    index.forEach(this::replay);
    if (last && index.idCount() > 0 && !heap.isReached()) {
      // Once more, now that it is known what is kept: a list of all ids would be as large as they.
      Scans.scan(file, header, (_, _) -> {}, this::remember);
    }
    for (var hole : index.holes()) {
      finding("%s: sequences %d to %d may be lost".formatted(name, hole[0], hole[1]));
      set.add(new FileSet.Hole(null, hole[0], hole[1]));
    }
    index.unknown().forEach(range -> set.addUnknown(range[0], range[1]));
    ownFormInUse |= index.isOwnFormInUse();
    latest = Math.max(latest, scan.lastSequence());
    stopped = scan.stopped();
    var found = new JournalFile(header, index, scan.lastSequence(), scan.end());
    set.add(found);
    long size = file.size();
    if (last) {
      cutTornEnd(name, scan.end(), size);
      newest = found;
    } else {
      if (scan.end() < size) {
        finding("%s: its end does not check, from byte %d on".formatted(name, scan.end()));
      }
      found.bytes = size;
      seal(found, size);
    }
  }

  private void cutTornEnd(String name, long end, long size) throws IOException {
    if (end < size) {
      stopped = false;
      LOG.log(Level.INFO, "journal: {0}: {1} bytes of a torn end are cut", name, size - end);
      if (repairing) {
        try (var writable = set.folder.create(name)) {
          writable.truncate(end);
        }
      }
    }
  }

  private void seal(JournalFile file, long size) {
    if (repairing && file.index instanceof OpenIndex open) {
      try {
        IndexFile.write(set.folder, file.header, open, size, file.lastSequence);
        var sealed = SealedIndex.open(set, file.header, size);
        if (sealed != null) {
          file.index = sealed;
        }
      } catch (IOException e) { // it stays in memory
        finding(file.name() + ": its index cannot be written: " + e.getMessage());
      }
    }
  }

  private void remember(String name, String id, long sequence) {
    var topic = topics.get(name);
    if (topic != null && sequence > topic.trimmedThrough) {
      set.memory.add(topic.bytesFor(id));
      topic.remember(id, sequence);
    }
  }

  private void replay(Stretch stretch) {
    if (heap.isReached()) {
      heap.count(stretch);
      return;
    }
    var name = stretch.topic();
    var topic = topics.computeIfAbsent(name, this::begin);
    var missing = topic.add(stretch);
    if (missing != null) {
      finding(
          "topic %s: its events between %d and %d are missing"
              .formatted(name, missing[0], missing[1]));
      set.add(new FileSet.Hole(name, missing[0] + 1, missing[1] - 1));
    }
    if (stretch.forgottenThrough() > 0) {
      topics.remove(name);
      set.memory.remove(TopicMemory.ofTopic(name));
      forgotten.add(name, stretch.forgottenThrough());
    }
    if (heap.isReachedBy(topics.size())) {
      topics.clear(); // the rest is only counted, to say how much it is
    }
  }

  private StoredTopic begin(String name) {
    set.memory.add(TopicMemory.ofTopic(name));
    return new StoredTopic(name, forgotten.through(name));
  }
}
