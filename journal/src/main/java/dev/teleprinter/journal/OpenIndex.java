// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The index of a file that is still written: in memory, until the file is sealed and {@link
 * IndexFile} has written it down. The appender adds, once for a batch; readers look up what is no
 * longer in the topic logs. Thread-safe.
 *
 * <p>It says what it takes of the heap, with all that sealing it needs and the ids that are in
 * memory until then, so that the file can end before that is much.
 */
final class OpenIndex implements FileIndex {
  private static final int[] NONE = {};

  /** A line with its first entry, its place in a map and in two lists; its name apart. */
  private static final int LINE_BYTES = 192;

  private static final int ENTRY_BYTES = 32; // in an array that is doubled when it is full
  private static final int ID_BYTES = 44; // likewise two arrays, and one to sort them by

  // Guarded by this.
  private final Map<String, Line> lines = new HashMap<>();
  private final List<Line> all = new ArrayList<>();
  private long[] idHashes = new long[16];
  private int[] idPositions = new int[16];
  private int ids;
  private final List<long[]> holes = new ArrayList<>();
  private final List<long[]> unknown = new ArrayList<>();
  private boolean ownFormInUse;
  private long heapBytes;

  /** A stretch that grows. Most have one event: what its entries say is not kept here again. */
  static final class Line {
    final String topic;
    final @Nullable Line before; // the topic's
    final Entries entries = new Entries(1);
    final long firstOrdinal;
    final long sequence; // when it began
    private final long hash;
    long closedMillis;
    long forgottenThrough;

    Line(String topic, long firstOrdinal, long sequence, @Nullable Line before) {
      this.topic = topic;
      this.firstOrdinal = firstOrdinal;
      this.sequence = sequence;
      this.before = before;
      this.hash = Hashes.of(topic);
    }

    /** {@return the hash of the topic's name} */
    long hash() {
      return hash;
    }

    /** {@return where its events lie} No more are added once the file is sealed. */
    Entries entries() {
      return entries;
    }

    Stretch stretch() {
      int count = entries.size();
      return new Stretch(
          topic,
          firstOrdinal,
          count,
          sequence,
          count == 0 ? sequence : entries.sequence(count - 1),
          entries.wireBytes(),
          count == 0 ? 0 : entries.seconds(0),
          closedMillis,
          forgottenThrough);
    }
  }

  // ---- Adding.

  /** {@return about what a stretch takes of the heap in such an index} */
  static long heapBytes(Stretch stretch) {
    return LINE_BYTES + TopicMemory.ofText(stretch.topic()) + (long) stretch.count() * ENTRY_BYTES;
  }

  /** {@return about what so many ids take, without those that are in memory elsewhere} */
  static long heapBytesOfIds(int ids) {
    return (long) ids * ID_BYTES;
  }

  synchronized void event(
      String topic, long ordinal, long sequence, long position, int wireBytes, long millis) {
    var line = lines.get(topic);
    if (line == null
        || line.forgottenThrough > 0
        || line.closedMillis != 0
        || ordinal != line.firstOrdinal + line.entries.size()) {
      line = begin(topic, ordinal, sequence);
    } else {
      heapBytes += ENTRY_BYTES;
    }
    line.entries.add(sequence, (int) position, wireBytes, seconds(millis));
  }

  private Line begin(String topic, long ordinal, long sequence) {
    var line = new Line(topic, ordinal, sequence, lines.get(topic));
    lines.put(topic, line);
    all.add(line);
    heapBytes += LINE_BYTES + TopicMemory.ofText(topic);
    return line;
  }

  /** An ordinal of a topic that is closed is the one its next event would have. */
  synchronized void closed(String topic, long ordinal, long sequence, long millis) {
    var line = lines.get(topic);
    if (line == null || line.forgottenThrough > 0) {
      line = begin(topic, ordinal, sequence);
    }
    line.closedMillis = millis;
  }

  synchronized void forgotten(String topic, long through, long sequence) {
    var line = lines.get(topic);
    if (line == null || line.forgottenThrough > 0) {
      line = begin(topic, 0, sequence);
    }
    line.forgottenThrough = through;
  }

  synchronized void publisherId(String topic, String id, long position) {
    if (ids == idHashes.length) {
      idHashes = Arrays.copyOf(idHashes, ids * 2);
      idPositions = Arrays.copyOf(idPositions, ids * 2);
    }
    idHashes[ids] = Hashes.of(topic, id);
    idPositions[ids] = (int) position;
    ids++;
    heapBytes += ID_BYTES + TopicMemory.ofId(id, false);
  }

  /** Events of {@code [from, to]} may be lost, of whatever topic. */
  synchronized void hole(long from, long to) {
    holes.add(new long[] {from, to});
  }

  /** Sequences {@code [from, to]} may have been given to events that are not here. */
  synchronized void unknown(long from, long to) {
    unknown.add(new long[] {from, to});
  }

  synchronized void ownFormInUse() {
    ownFormInUse = true;
  }

  static int seconds(long millis) {
    return (int) Math.floorDiv(millis, 1000L);
  }

  // ---- Looking up.

  @Override
  public synchronized Entries find(String topic, long after, long through, int entriesMax) {
    var found = new Entries();
    for (var line : linesOf(topic)) {
      var entries = line.entries;
      for (int i = entries.indexAfter(after);
          i < entries.size() && entries.sequence(i) <= through && found.size() < entriesMax;
          i++) {
        found.add(entries, i);
      }
    }
    return found;
  }

  private List<Line> linesOf(String topic) {
    var found = new ArrayList<Line>(1);
    for (var line = lines.get(topic); line != null; line = line.before) {
      found.add(line);
    }
    return found.reversed();
  }

  @Override
  public synchronized List<Stretch> stretches(String topic) {
    return linesOf(topic).stream().map(Line::stretch).toList();
  }

  @Override
  public synchronized long sequenceAt(String topic, long ordinal) {
    for (var line : linesOf(topic).reversed()) {
      long index = ordinal - line.firstOrdinal;
      if (index >= 0 && index < line.entries.size()) {
        return line.entries.sequence((int) index);
      }
      if (line.firstOrdinal == 0) {
        return 0; // what is before is another life
      }
    }
    return 0;
  }

  @Override
  public synchronized int[] positionsOfPublisherId(String topic, String id) {
    long hash = Hashes.of(topic, id);
    var found = NONE;
    for (int i = 0; i < ids; i++) {
      if (idHashes[i] == hash) {
        found = Arrays.copyOf(found, found.length + 1);
        found[found.length - 1] = idPositions[i];
      }
    }
    return found;
  }

  // ---- Sealing: nothing is added any more.

  /** All stretches with their entries, by the hash of the name; those of a topic by sequence. */
  synchronized List<Line> sealed() {
    var sealed = new ArrayList<>(all);
    sealed.sort(Comparator.comparingLong(Line::hash)); // stable
    return sealed;
  }

  /** {@return how many stretches there are} */
  synchronized int stretchCount() {
    return all.size();
  }

  /** {@return how many publishers' ids there are} */
  synchronized int idCount() {
    return ids;
  }

  /** {@return about what it takes of the heap, and what is in memory as long as it is} */
  synchronized long heapBytes() {
    return heapBytes;
  }

  /** Shows every stretch, those of a topic oldest first. */
  synchronized void forEach(Consumer<Stretch> visitor) {
    all.forEach(line -> visitor.accept(line.stretch()));
  }

  synchronized long[] idHashes() {
    return Arrays.copyOf(idHashes, ids);
  }

  synchronized int[] idPositions() {
    return Arrays.copyOf(idPositions, ids);
  }

  synchronized List<long[]> holes() {
    return List.copyOf(holes);
  }

  synchronized List<long[]> unknown() {
    return List.copyOf(unknown);
  }

  synchronized boolean isOwnFormInUse() {
    return ownFormInUse;
  }
}
