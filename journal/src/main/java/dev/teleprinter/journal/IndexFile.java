// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The index of a sealed file, written beside it: what {@link SealedIndex} looks up, and what a
 * start reads instead of the file. It can be made anew from the file at any time. Stateless.
 *
 * <pre>
 *  header   72   "TPJINDEX", version 4, checksum of the table 4, stretches 4, entries 4, ids 4,
 *                ranges 4, names' bytes 4, own form in use 4, file's bytes 8, last sequence 8,
 *                salt 8, checksum of the ids 4, checksum of the header 4
 *  table        stretches  80 each, by the hash of the name
 *               ranges     24 each: 0 for a hole, 1 for unknown; first sequence; last
 *               names      UTF-8
 *  entries      20 each: sequence 8, position 4, frame's bytes 4, seconds 4
 *  ids          12 each, by hash: hash of topic and id 8, position 4
 *
 *  stretch: hash 8, first ordinal 8, first sequence 8, last 8, bytes 8, closed 8, forgotten
 *           through 8, count 4, first entry 4, checksum of its entries 4, name's place 4,
 *           name's bytes 4, first event's seconds 4
 * </pre>
 */
final class IndexFile {
  static final int HEADER_BYTES = 72;
  static final int STRETCH_BYTES = 80;
  static final int RANGE_BYTES = 24;
  static final int ENTRY_BYTES = 20;
  static final int ID_BYTES = 12;

  private static final byte[] MAGIC = "TPJINDEX".getBytes(US_ASCII);
  private static final int VERSION = 1;

  private IndexFile() {}

  /** {@return the name of the index of the file whose first sequence is that} */
  static String name(long first) {
    return FileHeader.name(first).replace(".tpj", ".tpx");
  }

  /** What the header says. */
  record Header(
      int tableChecksum,
      int stretches,
      int entries,
      int ids,
      int ranges,
      int nameBytes,
      boolean ownFormInUse,
      long fileBytes,
      long lastSequence,
      long salt,
      int idsChecksum) {
    int tableBytes() {
      return stretches * STRETCH_BYTES + ranges * RANGE_BYTES + nameBytes;
    }

    long entriesAt() {
      return (long) HEADER_BYTES + tableBytes();
    }

    long idsAt() {
      return entriesAt() + (long) entries * ENTRY_BYTES;
    }
  }

  /** Writes the index of a file that is no longer written to. */
  static void write(
      Folder folder, FileHeader file, OpenIndex index, long fileBytes, long lastSequence)
      throws IOException {
    var checksum = new Checksum(file.salt());
    var sealed = index.sealed();
    int nameBytes = 0;
    int entryCount = 0;
    for (var line : sealed) {
      nameBytes += line.topic.getBytes(UTF_8).length;
      entryCount += line.entries().size();
    }
    try (var arena = Arena.ofConfined()) {
      var entries = memory(arena, (long) entryCount * ENTRY_BYTES);
      var ranges = ranges(index);
      int tableBytes = sealed.size() * STRETCH_BYTES + ranges.capacity() + nameBytes;
      var table = memory(arena, tableBytes);
      int namesAt = tableBytes - nameBytes;
      int nameAt = 0;
      for (var line : sealed) {
        var name = line.topic.getBytes(UTF_8);
        putStretch(table, line, entries, nameAt, name.length, checksum);
        table.put(namesAt + nameAt, name);
        nameAt += name.length;
      }
      table.put(ranges);
      var ids = ids(index);
      var header =
          new Header(
              checksum.of(table, 0, tableBytes),
              sealed.size(),
              entryCount,
              ids.capacity() / ID_BYTES,
              ranges.capacity() / RANGE_BYTES,
              nameBytes,
              index.isOwnFormInUse(),
              fileBytes,
              lastSequence,
              file.salt(),
              checksum.of(ids, 0, ids.capacity()));
      store(folder, name(file.first()), encode(header, checksum), table, entries, ids);
    }
  }

  /** Not of the heap: it is megabytes, and soon given back. */
  private static ByteBuffer memory(Arena arena, long bytes) {
    return arena.allocate(bytes).asByteBuffer();
  }

  private static ByteBuffer ranges(OpenIndex index) {
    var holes = index.holes();
    var unknown = index.unknown();
    var ranges = ByteBuffer.allocate((holes.size() + unknown.size()) * RANGE_BYTES);
    holes.forEach(range -> ranges.putLong(0).putLong(range[0]).putLong(range[1]));
    unknown.forEach(range -> ranges.putLong(1).putLong(range[0]).putLong(range[1]));
    return ranges.flip();
  }

  private static void putStretch(
      ByteBuffer table,
      OpenIndex.Line line,
      ByteBuffer entries,
      int nameAt,
      int nameBytes,
      Checksum checksum) {
    var stretch = line.stretch();
    int from = entries.position();
    var all = line.entries();
    for (int i = 0; i < all.size(); i++) {
      entries.putLong(all.sequence(i)).putInt(all.position(i));
      entries.putInt(all.wireBytes(i)).putInt(all.seconds(i));
    }
    table.putLong(line.hash()).putLong(stretch.firstOrdinal());
    table.putLong(stretch.firstSequence()).putLong(stretch.lastSequence());
    table.putLong(stretch.bytes()).putLong(stretch.closedMillis());
    table.putLong(stretch.forgottenThrough()).putInt(stretch.count());
    table.putInt(from / ENTRY_BYTES).putInt(checksum.of(entries, from, entries.position()));
    table.putInt(nameAt).putInt(nameBytes).putInt(stretch.firstSeconds());
  }

  private static ByteBuffer ids(OpenIndex index) {
    var hashes = index.idHashes();
    var positions = index.idPositions();
    var order = new Integer[hashes.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    Arrays.sort(order, (a, b) -> Long.compare(hashes[a], hashes[b])); // stable
    var ids = ByteBuffer.allocate(Math.multiplyExact(order.length, ID_BYTES));
    for (int i : order) {
      ids.putLong(hashes[i]).putInt(positions[i]);
    }
    return ids.flip();
  }

  private static ByteBuffer encode(Header header, Checksum checksum) {
    var bytes = ByteBuffer.allocate(HEADER_BYTES).put(MAGIC).putInt(VERSION);
    bytes.putInt(header.tableChecksum).putInt(header.stretches).putInt(header.entries);
    bytes.putInt(header.ids).putInt(header.ranges).putInt(header.nameBytes);
    bytes.putInt(header.ownFormInUse ? 1 : 0).putLong(header.fileBytes);
    bytes.putLong(header.lastSequence).putLong(header.salt).putInt(header.idsChecksum);
    bytes.putInt(checksum.of(bytes, 0, HEADER_BYTES - 4));
    return bytes.position(0).limit(HEADER_BYTES);
  }

  /** Written beside, forced, then put in place: an index is there whole or not at all. */
  private static void store(Folder folder, String name, ByteBuffer... parts) throws IOException {
    var draft = name + ".new";
    try (var file = folder.create(draft)) {
      file.truncate(0);
      long at = 0;
      for (var part : parts) {
        part.position(0);
        int bytes = part.remaining();
        file.write(part, at);
        at += bytes;
      }
      file.force();
    }
    folder.replace(draft, name);
  }

  /** {@return the header and the table that follows it; null when they do not check} */
  static @Nullable Header readHeader(Folder.Handle file, long salt) throws IOException {
    var bytes = ByteBuffer.allocate(HEADER_BYTES);
    if (!file.read(bytes, 0)) {
      return null;
    }
    var checksum = new Checksum(salt);
    boolean ours =
        ByteBuffer.wrap(MAGIC).equals(bytes.slice(0, MAGIC.length))
            && bytes.getInt(8) == VERSION
            && checksum.of(bytes, 0, HEADER_BYTES - 4) == bytes.getInt(HEADER_BYTES - 4);
    if (!ours) {
      return null;
    }
    return new Header(
        bytes.getInt(12),
        bytes.getInt(16),
        bytes.getInt(20),
        bytes.getInt(24),
        bytes.getInt(28),
        bytes.getInt(32),
        bytes.getInt(36) != 0,
        bytes.getLong(40),
        bytes.getLong(48),
        bytes.getLong(56),
        bytes.getInt(64));
  }

  /**
   * {@return the table, null when it does not check} Not of the heap: it is as large as all names
   * in it, and soon given back.
   */
  static @Nullable ByteBuffer readTable(Arena arena, Folder.Handle file, Header header)
      throws IOException {
    if (header.idsAt() + (long) header.ids * ID_BYTES != file.size()) {
      return null;
    }
    var table = memory(arena, header.tableBytes());
    boolean whole = file.read(table, HEADER_BYTES);
    var checksum = new Checksum(header.salt);
    return whole && checksum.of(table, 0, table.capacity()) == header.tableChecksum
        ? table.position(0)
        : null;
  }

  /** {@return the stretch whose row is at a position of the buffer, with its name given} */
  static Stretch stretch(ByteBuffer rows, int at, String name) {
    return new Stretch(
        name,
        rows.getLong(at + 8),
        rows.getInt(at + 56),
        rows.getLong(at + 16),
        rows.getLong(at + 24),
        rows.getLong(at + 32),
        rows.getInt(at + 76),
        rows.getLong(at + 40),
        rows.getLong(at + 48));
  }

  /** {@return the ranges of a kind in a table} */
  static List<long[]> ranges(ByteBuffer table, Header header, long kind) {
    var found = new ArrayList<long[]>();
    int from = header.stretches * STRETCH_BYTES;
    for (int at = from; at < from + header.ranges * RANGE_BYTES; at += RANGE_BYTES) {
      if (table.getLong(at) == kind) {
        found.add(new long[] {table.getLong(at + 8), table.getLong(at + 16)});
      }
    }
    return found;
  }
}
