// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of a journal by their sequences, and what is known to be missing from them.
 * Thread-safe.
 */
final class FileSet {
  /**
   * Events that may be lost. Immutable.
   *
   * @param topic whose; null when it is not known, and so may be anybody's
   */
  record Hole(@Nullable String topic, long from, long to) {
    boolean concerns(List<String> topics) {
      return topic == null || topics.contains(topic);
    }
  }

  final Folder folder;
  final TopicMemory memory;

  // Immutable lists, swapped under this, read by any thread.
  private volatile List<JournalFile> files = List.of();
  private volatile List<Hole> holes = List.of();
  private volatile List<long[]> unknown = List.of();

  FileSet(Folder folder, TopicMemory memory) {
    this.folder = folder;
    this.memory = memory;
  }

  /** {@return the files, oldest first} */
  List<JournalFile> files() {
    return files;
  }

  synchronized void add(JournalFile file) {
    var more = new ArrayList<>(files);
    more.add(file);
    files = List.copyOf(more);
  }

  synchronized void remove(JournalFile file) {
    if (files.contains(file)) {
      release(file.index);
    }
    files = files.stream().filter(other -> other != file).toList();
  }

  /** Has a file another index, unless somebody else was quicker. */
  @SuppressWarnings("ReferenceEquality") // the index that was found damaged
  synchronized void reindex(JournalFile file, FileIndex before, FileIndex now) {
    if (file.index == before) {
      file.index = now;
      if (files.contains(file)) {
        release(before);
      }
    }
  }

  /** Gives back what is reserved for an index that is no longer used. */
  private void release(FileIndex index) {
    if (index instanceof SealedIndex sealed) {
      memory.remove(sealed.reservedBytes());
    }
  }

  synchronized void replace(JournalFile file, JournalFile by) {
    release(file.index);
    files = files.stream().map(other -> other == file ? by : other).toList();
  }

  /** Remembers that events may be lost. */
  synchronized void add(Hole hole) {
    if (!holes.contains(hole)) {
      var more = new ArrayList<>(holes);
      more.add(hole);
      holes = List.copyOf(more);
    }
  }

  /** Sequences {@code [from, to]} may have been given to events that are lost. */
  synchronized void addUnknown(long from, long to) {
    var more = new ArrayList<>(unknown);
    more.add(new long[] {from, to});
    unknown = List.copyOf(more);
  }

  boolean isUnknown(long sequence) {
    for (var range : unknown) {
      if (sequence >= range[0] && sequence <= range[1]) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the first of the topics' holes that has anything in {@code (after, through]}, null
   * when there is none}
   */
  @Nullable Hole holeWithin(List<String> topics, long after, long through) {
    Hole first = null;
    for (var hole : holes) {
      boolean within = hole.to > after && hole.from <= through && hole.concerns(topics);
      if (within && (first == null || hole.from < first.from)) {
        first = hole;
      }
    }
    return first;
  }

  /** {@return whether an event is known not to be readable} */
  boolean isLost(String topic, long sequence) {
    for (var hole : holes) {
      if (topic.equals(hole.topic) && sequence >= hole.from && sequence <= hole.to) {
        return true;
      }
    }
    return false;
  }

  List<Hole> holes() {
    return holes;
  }

  /** {@return the end of the last hole of unknown topics, 0 when there is none} */
  long lastHoleOfAll() {
    long last = 0;
    for (var hole : holes) {
      last = hole.topic == null ? Math.max(last, hole.to) : last;
    }
    return last;
  }

  /** {@return the index in {@link #files} of the first file that may have more than a sequence} */
  static int firstBeyond(List<JournalFile> files, long after) {
    int low = 0;
    int high = files.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (files.get(middle).lastSequence <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
