// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The index of a sealed file. In memory it has four bytes for each topic of the file and twelve
 * bits for each publisher's id, all else is looked up in the {@link IndexFile}. Thread-safe.
 *
 * <p>The four bytes are the upper half of the name's hash. They find the rows that may be a
 * topic's, and the name in the row says whether it is: a topic that is not in the file is looked
 * for on the disk once in ten thousand times or less.
 *
 * <p>When the account of memory is used up, a file's index has neither in memory: rows are then
 * sought on the disk, which is slower, and needs nothing.
 */
final class SealedIndex implements FileIndex {
  private static final int[] NONE = {};
  private static final int WINDOW_ENTRIES = 4096;

  /** An index that does not check: it is to be made anew from its file. */
  static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String name) {
      super(name + ": does not check (expected: an index; it is made anew from its file)");
    }
  }

  private final Folder folder;
  private final String name;
  private final IndexFile.Header header;
  private final int @Nullable [] hashes; // of the names, sorted, one for each stretch
  private final @Nullable IdFilter ids; // there when hashes are
  private final Checksum checksum; // guarded by checked
  private final BitSet checked = new BitSet(); // stretches whose entries are known to be whole

  private SealedIndex(
      Folder folder,
      String name,
      IndexFile.Header header,
      int @Nullable [] hashes,
      @Nullable IdFilter ids) {
    this.ids = ids;
    this.folder = folder;
    this.name = name;
    this.header = header;
    this.hashes = hashes;
    this.checksum = new Checksum(header.salt());
  }

  /**
   * Opens the index of a file, and reserves what it has in memory. Null when there is none, or it
   * does not check, or it is not of all of the file.
   */
  static @Nullable SealedIndex open(FileSet set, FileHeader file, long fileBytes) {
    var name = IndexFile.name(file.first());
    try (var opened = set.folder.open(name);
        var arena = Arena.ofConfined()) {
      var header = IndexFile.readHeader(opened, file.salt());
      if (header == null || header.salt() != file.salt() || header.fileBytes() != fileBytes) {
        return null;
      }
      var table = IndexFile.readTable(arena, opened, header);
      if (table == null) {
        return null;
      }
      return inMemory(set, name, opened, header, table);
    } catch (IOException | RuntimeException e) { // whatever is wrong with it, the file is there
      return null;
    }
  }

  private static SealedIndex inMemory(
      FileSet set, String name, Folder.Handle opened, IndexFile.Header header, ByteBuffer table)
      throws IOException {
    long bytes = TopicMemory.ofSealedFile(header.stretches(), header.ids());
    if (!set.memory.tryAdd(bytes)) {
      set.memory.add(TopicMemory.ofSealedFile(0, 0));
      return new SealedIndex(set.folder, name, header, null, null);
    }
    boolean read = false;
    try {
      var hashes = new int[header.stretches()];
      for (int i = 0; i < hashes.length; i++) {
        hashes[i] = hash(table.getLong(i * IndexFile.STRETCH_BYTES));
      }
      var ids = idFilter(opened, header);
      read = true;
      return new SealedIndex(set.folder, name, header, hashes, ids);
    } finally {
      if (!read) {
        set.memory.remove(bytes);
      }
    }
  }

  /** {@return what is reserved for it, and is to be given back when its file goes} */
  long reservedBytes() {
    return hashes == null
        ? TopicMemory.ofSealedFile(0, 0)
        : TopicMemory.ofSealedFile(header.stretches(), header.ids());
  }

  private static int hash(long hash) {
    return (int) (hash >>> 32);
  }

  private static IdFilter idFilter(Folder.Handle opened, IndexFile.Header header)
      throws IOException {
    var filter = new IdFilter(header.ids());
    for (int from = 0; from < header.ids(); from += WINDOW_ENTRIES) {
      int count = Math.min(WINDOW_ENTRIES, header.ids() - from);
      var window = ByteBuffer.allocate(count * IndexFile.ID_BYTES);
      if (!opened.read(window, header.idsAt() + (long) from * IndexFile.ID_BYTES)) {
        throw new DamagedException("ids");
      }
      for (int i = 0; i < count; i++) {
        filter.add(window.getLong(i * IndexFile.ID_BYTES));
      }
    }
    return filter;
  }

  private static String nameIn(ByteBuffer table, IndexFile.Header header, int at) {
    var bytes = new byte[table.getInt(at + 72)];
    table.get(
        header.tableBytes() - header.nameBytes() + table.getInt(at + 68), bytes, 0, bytes.length);
    return new String(bytes, UTF_8);
  }

  /** Opens the index, unless it is another one by now: then the file was merged with others. */
  private Folder.Handle open() throws IOException {
    var opened = folder.open(name);
    var now = IndexFile.readHeader(opened, header.salt());
    if (now == null || now.salt() != header.salt()) {
      opened.close();
      throw new DamagedException(name);
    }
    return opened;
  }

  /** {@return what the index says of the whole file} */
  IndexFile.Header header() {
    return header;
  }

  /** {@return the sequences of events that may be lost, or that may be lost but given} */
  List<long[]> ranges(boolean holes) throws IOException {
    try (var opened = open();
        var arena = Arena.ofConfined()) {
      var table = IndexFile.readTable(arena, opened, header);
      if (table == null) {
        throw new DamagedException(name);
      }
      return IndexFile.ranges(table, header, holes ? 0 : 1);
    }
  }

  /** Shows every stretch in the file, by the names' hashes. */
  void forEach(Consumer<Stretch> visitor) throws IOException {
    try (var opened = open();
        var arena = Arena.ofConfined()) {
      var table = IndexFile.readTable(arena, opened, header);
      if (table == null) {
        throw new DamagedException(name);
      }
      for (int i = 0; i < header.stretches(); i++) {
        int at = i * IndexFile.STRETCH_BYTES;
        visitor.accept(IndexFile.stretch(table, at, nameIn(table, header, at)));
      }
    }
  }

  @Override
  public Entries find(String topic, long after, long through, int entriesMax) throws IOException {
    var found = new Entries();
    if (isNotThere(topic)) {
      return found;
    }
    int hash = hash(Hashes.of(topic));
    try (var opened = open()) {
      for (int row = firstRow(opened, hash); isRowOf(opened, row, hash); row++) {
        var place = row(opened, row);
        if (isOf(opened, place, topic) && place.getLong(24) > after && place.getInt(56) > 0) {
          check(opened, row, place);
          find(opened, place, after, through, entriesMax, found);
        }
      }
    }
    return found;
  }

  private void find(
      Folder.Handle opened, ByteBuffer row, long after, long through, int entriesMax, Entries found)
      throws IOException {
    int count = row.getInt(56);
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (entry(opened, row, middle, 1).getLong(0) <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    while (low < count && found.size() < entriesMax) {
      int size = Math.min(Math.min(WINDOW_ENTRIES, count - low), entriesMax - found.size());
      var window = entry(opened, row, low, size);
      for (int i = 0; i < size; i++) {
        int at = i * IndexFile.ENTRY_BYTES;
        if (window.getLong(at) > through) {
          return;
        }
        found.add(
            window.getLong(at),
            window.getInt(at + 8),
            window.getInt(at + 12),
            window.getInt(at + 16));
      }
      low += size;
    }
  }

  /** Once for each stretch: an entry that is missing would be an event that is missing. */
  private void check(Folder.Handle opened, int row, ByteBuffer place) throws IOException {
    synchronized (checked) {
      if (checked.get(row)) {
        return;
      }
    }
    int count = place.getInt(56);
    var all = entry(opened, place, 0, count);
    synchronized (checked) {
      if (checksum.of(all, 0, all.capacity()) != place.getInt(64)) {
        throw new DamagedException(name);
      }
      checked.set(row);
    }
  }

  private ByteBuffer entry(Folder.Handle opened, ByteBuffer row, int index, int count)
      throws IOException {
    long at = header.entriesAt() + (row.getInt(60) + (long) index) * IndexFile.ENTRY_BYTES;
    return read(opened, at, count * IndexFile.ENTRY_BYTES);
  }

  private ByteBuffer row(Folder.Handle opened, int row) throws IOException {
    long at = IndexFile.HEADER_BYTES + (long) row * IndexFile.STRETCH_BYTES;
    return read(opened, at, IndexFile.STRETCH_BYTES);
  }

  private boolean isOf(Folder.Handle opened, ByteBuffer row, String topic) throws IOException {
    long names = header.entriesAt() - header.nameBytes();
    var bytes = new byte[row.getInt(72)];
    read(opened, names + row.getInt(68), bytes.length).get(bytes);
    return topic.equals(new String(bytes, UTF_8));
  }

  private ByteBuffer read(Folder.Handle opened, long at, int bytes) throws IOException {
    var buffer = ByteBuffer.allocate(bytes);
    if (!opened.read(buffer, at)) {
      throw new DamagedException(name);
    }
    return buffer.position(0);
  }

  /** {@return whether the file certainly has nothing of a topic} Does not look at the disk. */
  private boolean isNotThere(String topic) {
    return hashes != null && Arrays.binarySearch(hashes, hash(Hashes.of(topic))) < 0;
  }

  /** {@return the first row whose hash is not less} */
  private int firstRow(Folder.Handle opened, int hash) throws IOException {
    int low = 0;
    int high = header.stretches();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (hashAt(opened, middle) < hash) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private boolean isRowOf(Folder.Handle opened, int row, int hash) throws IOException {
    return row < header.stretches() && hashAt(opened, row) == hash;
  }

  private int hashAt(Folder.Handle opened, int row) throws IOException {
    return hashes == null ? hash(row(opened, row).getLong(0)) : hashes[row];
  }

  @Override
  public List<Stretch> stretches(String topic) throws IOException {
    var found = new ArrayList<Stretch>(1);
    if (isNotThere(topic)) {
      return found;
    }
    int hash = hash(Hashes.of(topic));
    try (var opened = open()) {
      for (int row = firstRow(opened, hash); isRowOf(opened, row, hash); row++) {
        var place = row(opened, row);
        if (isOf(opened, place, topic)) {
          found.add(IndexFile.stretch(place, 0, topic));
        }
      }
    }
    return found;
  }

  @Override
  public long sequenceAt(String topic, long ordinal) throws IOException {
    if (isNotThere(topic)) {
      return 0;
    }
    int hash = hash(Hashes.of(topic));
    try (var opened = open()) {
      int first = firstRow(opened, hash);
      int last = first - 1;
      while (isRowOf(opened, last + 1, hash)) {
        last++;
      }
      for (int row = last; row >= first; row--) {
        var place = row(opened, row);
        long index = ordinal - place.getLong(8);
        if (!isOf(opened, place, topic)) {
          continue;
        }
        if (index >= 0 && index < place.getInt(56)) {
          check(opened, row, place);
          return entry(opened, place, (int) index, 1).getLong(0);
        }
        if (place.getLong(8) == 0) {
          return 0; // what is before is another life
        }
      }
    }
    return 0;
  }

  @Override
  public int[] positionsOfPublisherId(String topic, String id) throws IOException {
    long hash = Hashes.of(topic, id);
    if ((ids != null && !ids.mayContain(hash)) || isNotThere(topic)) {
      return NONE;
    }
    try (var opened = open()) {
      int low = 0;
      int high = header.ids();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (id(opened, middle).getLong(0) < hash) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      var found = NONE;
      for (; low < header.ids(); low++) {
        var place = id(opened, low);
        if (place.getLong(0) != hash) {
          break;
        }
        found = Arrays.copyOf(found, found.length + 1);
        found[found.length - 1] = place.getInt(8);
      }
      return found;
    }
  }

  private ByteBuffer id(Folder.Handle opened, int index) throws IOException {
    return read(opened, header.idsAt() + (long) index * IndexFile.ID_BYTES, IndexFile.ID_BYTES);
  }
}
