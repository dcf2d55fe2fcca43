// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads events back that are on the disk only, a block at a time, into memory of its own, so that
 * they go out like any other frames. Thread-safe. Blocks: never on a loop.
 */
final class ColdReader {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int ENTRIES_MAX = 2048;
  private static final int TRIES_MAX = 1000;
  private static final long PAUSE_NANOS = 1_000_000;

  /** Whose segments these are does not matter: nobody trims them. */
  private static final TopicLog NO_TOPIC = new TopicLog("", Retention.defaults(), 0);

  private final FileSet set;
  private final ColdMemory memory;
  private final AtomicBoolean failing = new AtomicBoolean(); // set and cleared by any reader

  ColdReader(FileSet set, ColdMemory memory) {
    this.set = set;
    this.memory = memory;
  }

  /**
   * A topic to look for.
   *
   * @param after a sequence; what it has up to there is not wanted, or gone
   */
  record Wanted(String topic, long after) {}

  /** What a look into the files finds after a cursor. */
  sealed interface Look {
    /** Events of one file, the first of them; never empty. */
    record Events(JournalFile file, Entries entries, List<String> topics) implements Look {
      long first() {
        return entries.sequence(0);
      }
    }

    /** Events up to a sequence may be lost, before any that is there. */
    record Lost(long through) implements Look {}

    /** Nothing. */
    record Nothing() implements Look {}
  }

  /** Looks for the first events that the topics have up to a sequence. */
  Look look(List<Wanted> topics, long told, long through) {
    long after = Long.MAX_VALUE;
    for (var topic : topics) {
      after = Math.min(after, topic.after);
    }
    for (int tries = 1; ; tries++) {
      JournalFile file = null;
      try {
        var files = set.files();
        for (int i = FileSet.firstBeyond(files, after);
            i < files.size() && files.get(i).header.first() <= through;
            i++) {
          file = files.get(i);
          var found = within(file, topics, after, told, through);
          if (found != null) {
            return found;
          }
        }
        return lostOrNothing(topics, Math.max(after, told), through);
      } catch (SealedIndex.DamagedException | NoSuchFileException e) {
        recover(file, tries, e);
      } catch (IOException e) {
        throw unavailable(e);
      }
    }
  }

  private Look lostOrNothing(List<Wanted> topics, long after, long through) {
    var hole = set.holeWithin(names(topics), after, through);
    return hole == null ? new Look.Nothing() : new Look.Lost(Math.min(hole.to(), through));
  }

  private static List<String> names(List<Wanted> topics) {
    return topics.stream().map(Wanted::topic).toList();
  }

  private @Nullable Look within(
      JournalFile file, List<Wanted> topics, long after, long told, long through)
      throws IOException {
    var found = new ArrayList<Entries>();
    var owners = new ArrayList<String>();
    long limit = through;
    for (var topic : topics) {
      var entries = file.index.find(topic.topic, topic.after, through, ENTRIES_MAX);
      if (entries.size() == ENTRIES_MAX) {
        limit = Math.min(limit, entries.sequence(ENTRIES_MAX - 1));
      }
      if (entries.size() > 0) {
        found.add(entries);
        owners.add(topic.topic);
      }
    }
    if (found.isEmpty()) {
      return null;
    }
    long excused = Math.max(after, told);
    var hole = set.holeWithin(names(topics), excused, limit);
    var events = merged(file, found, owners, limit, hole);
    return events == null && hole != null ? new Look.Lost(hole.to()) : events;
  }

  /** By sequence, each once, up to a limit and before a hole; null when the hole comes first. */
  private Look.@Nullable Events merged(
      JournalFile file,
      List<Entries> found,
      List<String> owners,
      long limit,
      FileSet.@Nullable Hole hole) {
    var merged = new Entries();
    var topics = new ArrayList<String>();
    var places = new int[found.size()];
    while (true) {
      int first = -1;
      for (int i = 0; i < places.length; i++) {
        if (places[i] < found.get(i).size()
            && (first < 0 || sequence(found, places, i) < sequence(found, places, first))) {
          first = i;
        }
      }
      long sequence = first < 0 ? Long.MAX_VALUE : sequence(found, places, first);
      if (sequence > limit || (hole != null && sequence >= hole.from())) {
        return merged.size() == 0 ? null : new Look.Events(file, merged, topics);
      }
      if (!set.isLost(owners.get(first), sequence)) {
        merged.add(found.get(first), places[first]);
        topics.add(owners.get(first));
      }
      for (int i = 0; i < places.length; i++) { // an event may be in several topics
        if (places[i] < found.get(i).size() && sequence(found, places, i) == sequence) {
          places[i]++;
        }
      }
    }
  }

  private static long sequence(List<Entries> found, int[] places, int i) {
    return found.get(i).sequence(places[i]);
  }

  /**
   * Reads the frames of what was found, about {@code bytesMax} wire bytes of it, up to a sequence.
   * Null when not even the first can be read: a look tells then what is lost, or finds it
   * elsewhere.
   */
  @Nullable Frames frames(
      Look.Events events, long through, int bytesMax, LongPredicate isMoreAfter) {
    var entries = events.entries;
    int count = 0;
    long bytes = 0;
    while (count < entries.size()
        && entries.sequence(count) <= through
        && (count == 0 || bytes + entries.wireBytes(count) <= bytesMax)) {
      bytes += entries.wireBytes(count++);
    }
    var block = memory.allocate(bytes + (long) count * Segment.ENTRY_BYTES);
    var segment = new Segment(block, NO_TOPIC, 0);
    boolean filled = false;
    try {
      int read = fill(segment, events, count);
      filled = read > 0;
      return filled
          ? new Frames(segment, 0, read, isMoreAfter.test(segment.sequence(read - 1)))
          : null;
    } catch (NoSuchFileException e) {
      missing(events.file, e);
      return null;
    } catch (IOException e) {
      throw unavailable(e);
    } finally {
      if (!filled) {
        segment.release();
      }
    }
  }

  private int fill(Segment segment, Look.Events events, int count) throws IOException {
    var file = events.file;
    var checksum = new Checksum(file.header.salt());
    try (var opened = set.folder.open(file.name())) {
      for (int i = 0; i < count; i++) {
        var entries = events.entries;
        long sequence = entries.sequence(i);
        var record =
            JournalFile.record(opened, checksum, entries.position(i), entries.wireBytes(i) + 256);
        if (record == null
            || record.sequence() != sequence
            || !record.isEventOf(events.topics.get(i))
            || !segment.write(sequence, entries.seconds(i), record.block())) {
          if (!isReplaced(opened, file)) {
            lost(file, events.topics.get(i), sequence, entries.position(i));
          }
          segment.publish();
          return i;
        }
        segment.accept();
      }
    }
    segment.publish();
    failing.setPlain(false);
    return count;
  }

  private void lost(JournalFile file, String topic, long sequence, int position) {
    LOG.log(
        Level.ERROR,
        "journal: {0}, byte {1}: event {2} of topic {3} does not check; its readers are told a gap",
        file.name(),
        Integer.toString(position),
        Long.toString(sequence),
        topic);
    set.add(new FileSet.Hole(topic, sequence, sequence));
  }

  /**
   * {@return the sequence of a topic's first event with a publisher's id, above one; 0 if there is
   * none} Not in the newest file: those ids are in memory.
   */
  long sequenceOfPublisherId(String topic, String id, long after) {
    for (int tries = 1; ; tries++) {
      JournalFile file = null;
      try {
        var files = set.files();
        for (int i = FileSet.firstBeyond(files, after); i < files.size() - 1; i++) {
          file = files.get(i);
          long sequence = sequenceOfPublisherId(file, topic, id, after);
          if (sequence > 0) {
            return sequence;
          }
        }
        return 0;
      } catch (SealedIndex.DamagedException | NoSuchFileException e) {
        recover(file, tries, e);
      } catch (IOException e) {
        throw unavailable(e);
      }
    }
  }

  private long sequenceOfPublisherId(JournalFile file, String topic, String id, long after)
      throws IOException {
    var positions = file.index.positionsOfPublisherId(topic, id);
    if (positions.length == 0) {
      return 0;
    }
    var checksum = new Checksum(file.header.salt());
    try (var opened = set.folder.open(file.name())) {
      for (int position : positions) {
        var record = JournalFile.record(opened, checksum, position, 512);
        if (record != null
            && record.sequence() > after
            && record.isEventOf(topic)
            && record.has(Records.PUBLISHER_ID)
            && record.publisherId().equals(id)) {
          return record.sequence();
        }
      }
    }
    return 0;
  }

  /** {@return the sequence of a topic's event by its ordinal, if it is above one; else 0} */
  long sequenceAt(String topic, long ordinal, long after) {
    for (int tries = 1; ; tries++) {
      JournalFile file = null;
      try {
        for (var candidate : set.files().reversed()) {
          file = candidate;
          long sequence = file.lastSequence <= after ? 0 : file.index.sequenceAt(topic, ordinal);
          if (sequence > after) {
            return sequence;
          }
        }
        return 0;
      } catch (SealedIndex.DamagedException | NoSuchFileException e) {
        recover(file, tries, e);
      } catch (IOException e) {
        throw unavailable(e);
      }
    }
  }

  /** What to do about a file that cannot be read as its index says; then it is tried again. */
  private void recover(@Nullable JournalFile file, int tries, IOException cause) {
    if (file == null || tries > TRIES_MAX) {
      throw unavailable(cause);
    }
    if (!set.files().contains(file)) {
      return; // deleted, or merged with others: the next look knows
    }
    try (var opened = set.folder.open(file.name())) {
      if (isReplaced(opened, file)) {
        LockSupport.parkNanos(this, PAUSE_NANOS); // it is being merged with others just now
        return;
      }
      LOG.log(Level.WARNING, "journal: {0}: its index is made anew: {1}", file.name(), cause);
      var damaged = file.index;
      var scan = Scans.scan(opened, file.header, (_, _) -> {}, (_, _, _) -> {});
      set.reindex(file, damaged, scan.index());
    } catch (NoSuchFileException e) {
      if (tries > 1) {
        missing(file, e);
      }
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /**
   * Handles a file that is not there: nothing if it was merged with others. The newest is written
   * again with the next event; a folder that is gone may come back.
   */
  private void missing(JournalFile file, IOException cause) {
    var files = set.files();
    if (!files.contains(file)) {
      return;
    }
    if (file.equals(files.getLast()) || !isFolderThere()) {
      throw unavailable(cause);
    }
    gone(file);
  }

  private boolean isFolderThere() {
    try {
      return set.folder.isThere();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static boolean isReplaced(Folder.Handle opened, JournalFile file) throws IOException {
    var header = ByteBuffer.allocate(FileHeader.BYTES);
    try {
      var now = opened.read(header, 0) ? FileHeader.decode(header) : null;
      return now != null && now.salt() != file.header.salt();
    } catch (FileHeader.ForeignException e) {
      return false;
    }
  }

  /** Somebody removed it behind our back. */
  private void gone(JournalFile file) {
    set.remove(file);
    set.add(new FileSet.Hole(null, file.header.first(), file.lastSequence));
    LOG.log(
        Level.ERROR,
        "journal: {0} is gone: events {1} to {2} are lost; their readers are told a gap",
        file.name(),
        Long.toString(file.header.first()),
        Long.toString(file.lastSequence));
  }

  /** Readers are not shown where the files are: that is in the log, once until one can be read. */
  private JournalUnavailableException unavailable(IOException e) {
    if (!failing.getAndSet(true)) {
      LOG.log(Level.ERROR, "journal: cannot be read: {0}", e);
    }
    return new JournalUnavailableException(
        JournalUnavailableException.Reason.STORAGE_FAILED,
        "journal: the disk cannot be read (see the server's log)");
  }
}
