// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes what is still kept of some neighbouring files into one file in their place. Confined to
 * the thread that keeps files.
 *
 * <p>The new file takes the name of the first, at once and whole; the others are deleted then. Was
 * the process killed in between, a start sees by the header which files are covered, and deletes
 * them.
 */
final class FileMerge {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int WRITE_BYTES = 1 << 18;
  private static final long PAUSE_NANOS = 8_000_000; // after each write: about 30 MiB/s at most

  /** Whether an event is still kept in a topic. */
  @FunctionalInterface
  interface Kept {
    boolean isKept(String topic, long sequence);
  }

  private final FileSet set;
  private final Kept kept;
  private final List<JournalFile> run;
  private final FileHeader header;
  private final Checksum checksum;
  private final OpenIndex index = new OpenIndex();
  private final Queue<FileSet.Hole> lost;

  private ByteBuffer out = ByteBuffer.allocate(WRITE_BYTES * 2);
  private long written = FileHeader.BYTES;
  private long position = FileHeader.BYTES;

  /** A merge of neighbours, oldest first, into a file with a salt of its own. */
  FileMerge(FileSet set, Kept kept, List<JournalFile> run, long salt) {
    this.set = set;
    this.kept = kept;
    this.run = run;
    var first = run.get(0).header;
    var covers = run.get(run.size() - 1).header.covers();
    this.header =
        new FileHeader(
            first.epoch(), first.first(), first.before(), covers, first.createdMillis(), salt);
    this.checksum = new Checksum(salt);
    this.lost =
        new ArrayDeque<>(
            set.holes().stream()
                .filter(hole -> hole.topic() == null && hole.to() >= first.first())
                .sorted(Comparator.comparingLong(FileSet.Hole::to))
                .toList());
  }

  /** Does it. Returns the file in their place; what comes before {@code next} is told. */
  JournalFile merge(long next) throws IOException {
    var name = FileHeader.name(header.first());
    var draft = name + ".new";
    try (var file = set.folder.create(draft)) {
      file.truncate(0);
      file.write(header.encode(), 0);
      for (var part : run) {
        copy(part, file);
      }
      tellLost(next - 1, file);
      flush(file);
      file.force();
    }
    set.folder.delete(IndexFile.name(header.first())); // it is the old file's
    set.folder.replace(draft, name);
    set.folder.force();
    long lastSequence = run.get(run.size() - 1).lastSequence;
    return new JournalFile(header, sealedIndex(lastSequence), lastSequence, position);
  }

  /** The new file is there by now: without its index on the disk it has one in memory. */
  private FileIndex sealedIndex(long lastSequence) {
    try {
      IndexFile.write(set.folder, header, index, position, lastSequence);
      var sealed = SealedIndex.open(set, header, position);
      return sealed == null ? index : sealed;
    } catch (IOException e) {
      LOG.log(Level.WARNING, "journal: an index cannot be written now: {0}", e);
      return index;
    }
  }

  private void copy(JournalFile part, Folder.Handle into) throws IOException {
    long first = part.header.first();
    try (var file = set.folder.open(part.name())) {
      var salt = new Checksum(part.header.salt());
      var scanner = new RecordScanner(file, salt, FileHeader.BYTES, Math.max(0, first - 1));
      for (var record = scanner.next(); record != null; record = scanner.next()) {
        tellLost(record.sequence() - 1, into);
        copy(record, into);
      }
    }
  }

  private void copy(Records.RecordView record, Folder.Handle into) throws IOException {
    switch (record.kind) {
      case EVENT, CLOSE -> copyKept(record, into);
      case FORGOTTEN, RESUMED -> copyWhole(record, into);
      case STOPPED, LOST -> {} // the one means nothing here, the other is told anyway
    }
  }

  /** An event that is kept in some of its topics only is copied for these only. */
  private void copyKept(Records.RecordView record, Folder.Handle into) throws IOException {
    var names = new ArrayList<byte[]>();
    var ordinals = new ArrayList<Long>();
    record.forEachTopic((topic, ordinal) -> {
      if (kept.isKept(topic, record.sequence())) {
        names.add(topic.getBytes(UTF_8));
        ordinals.add(ordinal);
      }
    });
    if (names.size() == record.topics) {
      copyWhole(record, into);
    } else if (!names.isEmpty()) {
      room(record.bytes(), into);
      int from = out.position();
      Records.putHead(
          out, record.kind, record.flags(), names.size(), record.sequence(), record.millis());
      for (int i = 0; i < names.size(); i++) {
        Records.putTopic(out, ordinals.get(i), names.get(i));
      }
      out.put(record.block());
      seal(from);
    }
  }

  private void copyWhole(Records.RecordView record, Folder.Handle into) throws IOException {
    room(record.bytes(), into);
    int from = out.position();
    out.put(record.whole());
    seal(from);
  }

  /** What is known to be missing up to a sequence: the merged file would not show it. */
  private void tellLost(long through, Folder.Handle into) throws IOException {
    while (!lost.isEmpty() && lost.element().to() <= through) {
      var hole = lost.remove();
      room(Records.HEAD_BYTES + Long.BYTES, into);
      int from = out.position();
      Records.putHead(out, Records.Kind.LOST, 0, 0, hole.to(), header.createdMillis());
      out.putLong(hole.from());
      seal(from);
    }
  }

  private void seal(int from) throws IOException {
    Records.seal(out, from, checksum);
    var copied = Records.decode(out, from, out.position(), checksum);
    if (copied == null) {
      throw new IOException("a record that was copied does not check");
    }
    Scans.add(index, copied, position, header, (_, _, _) -> {});
    position += copied.bytes();
  }

  private void room(int bytes, Folder.Handle into) throws IOException {
    if (out.position() >= WRITE_BYTES) {
      flush(into);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    if (out.remaining() < bytes) {
      out = ByteBuffer.allocate(out.position() + bytes + WRITE_BYTES).put(out.flip());
    }
  }

  private void flush(Folder.Handle into) throws IOException {
    int bytes = out.position();
    into.write(out.flip(), written);
    written += bytes;
    out.clear();
  }
}
