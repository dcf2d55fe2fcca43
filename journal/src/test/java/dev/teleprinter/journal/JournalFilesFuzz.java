// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Any damage to a journal's files, and any records that check: a start refuses the folder by name
 * or serves what was appended and nothing else, takes new events, and finds those at the next
 * start. A target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class JournalFilesFuzz {
  private static final DiskConfig DISK =
      DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(8192);
  private static final Logger LOG = Logger.getLogger("dev.teleprinter.journal");
  private static final int EVENTS = 60;
  private static final int BLOCK_BYTES_MAX = 255;

  private static StoredHistory history;

  private JournalFilesFuzz() {}

  /** The first byte chooses between damage, records that check, and a file's rest as it is. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (history == null) {
      LOG.setLevel(Level.OFF); // findings without end
      history = new StoredHistory(3, EVENTS, DISK);
    }
    if (input.length < 2) {
      return;
    }
    var image = history.folder.copy();
    var bytes = ByteBuffer.wrap(input, 1, input.length - 1).slice();
    switch (input[0] & 3) {
      case 0 -> addRecords(image, bytes);
      case 1 -> addRest(image, bytes);
      default -> damage(image, bytes);
    }
    boolean forged = (input[0] & 3) == 0;
    requireOpens(image, forged);
  }

  /** For each edit: which file, where, how many bytes, and these. */
  private static void damage(FakeFolder image, ByteBuffer edits) {
    while (edits.remaining() >= 4) {
      var names = image.names();
      var name = names.get((edits.get() & 0xff) % names.size());
      var bytes = image.bytes(name);
      int at = Short.toUnsignedInt(edits.getShort());
      int count = Math.min(edits.get() & 0x3f, edits.remaining());
      if (at >= bytes.length || count == 0) {
        image.put(name, Arrays.copyOf(bytes, Math.min(at, bytes.length)));
        continue;
      }
      count = Math.min(count, bytes.length - at);
      edits.get(bytes, at, count);
      image.put(name, bytes);
    }
  }

  private static void addRest(FakeFolder image, ByteBuffer rest) {
    var name = image.journalFiles().getLast();
    var bytes = image.bytes(name);
    var longer = Arrays.copyOf(bytes, bytes.length + rest.remaining());
    rest.get(longer, bytes.length, rest.remaining());
    image.put(name, longer);
  }

  /** Records of any kind, that check as only the journal's own do. */
  private static void addRecords(FakeFolder image, ByteBuffer said) throws Exception {
    var name = image.journalFiles().getLast();
    var bytes = image.bytes(name);
    var header = FileHeader.decode(ByteBuffer.wrap(bytes));
    if (header == null) {
      throw new IllegalStateException("no header in " + name);
    }
    var checksum = new Checksum(header.salt());
    var records = ByteBuffer.allocate(1 << 16);
    long sequence = history.events.size();
    while (said.remaining() >= 8 && records.remaining() > 2_000) {
      sequence += said.get();
      addRecord(records, said, sequence, checksum);
    }
    var longer = Arrays.copyOf(bytes, bytes.length + records.position());
    records.get(0, longer, bytes.length, records.position());
    image.put(name, longer);
  }

  private static void addRecord(
      ByteBuffer records, ByteBuffer said, long sequence, Checksum checksum) {
    int from = records.position();
    int topics = said.get() & 3;
    records.putLong(0).put((byte) (1 + (said.get() & 7))).put(said.get()).putShort((short) topics);
    records.putLong(sequence).putLong(said.get() * 1_000L);
    for (int i = 0; i < topics && said.remaining() >= 2; i++) {
      int ordinal = said.get();
      var topic = new byte[] {(byte) ('a' + (said.get() & 7))};
      Records.putTopic(
          records, ordinal < -100 ? Records.REPEATED_ID | ordinal & 63 : ordinal, topic);
    }
    int blockBytes =
        said.hasRemaining() ? Math.min(said.get() & BLOCK_BYTES_MAX, said.remaining()) : 0;
    for (int i = 0; i < blockBytes; i++) {
      records.put(said.get());
    }
    Records.seal(records, from, checksum);
  }

  private static void requireOpens(FakeFolder image, boolean forged) {
    try (var journal = open(image)) {
      for (var state : journal.states()) {
        read(journal, state.name(), forged);
      }
      JournalFixture.append(journal, "new", "x");
    } catch (UnusableFolderException e) {
      if (!String.valueOf(e.getMessage()).contains("expected: ")) {
        throw e;
      }
      return;
    }
    try (var again = open(image)) {
      var texts = again.list("new", 0, 10).stream().map(found -> found.event().data()).toList();
      if (!texts.contains("x")) {
        throw new AssertionError("what was acknowledged is gone: " + texts);
      }
    }
  }

  private static DiskJournal open(FakeFolder image) {
    return DiskJournal.open(image, StoredHistory.CONFIG, DISK, new ManualClock(), new Random(9));
  }

  private static void read(DiskJournal journal, String topic, boolean forged) {
    if (!forged && StoredHistory.NAMES.contains(topic)) {
      history.read(journal, topic);
      return;
    }
    long cursor = 0;
    long told = 0;
    for (int reads = 0; reads < 10 * EVENTS; reads++) {
      switch (journal.readBlocking(Topics.of(topic), cursor, told, 1_000)) {
        case Frames frames -> {
          cursor = frames.through();
          frames.release();
        }
        case Read.Gap gap -> told = gap.through();
        case Read.AtTail _, Read.Ended _ -> {
          return;
        }
        case Read.Cold _ -> throw new AssertionError("cold, from a read that waits");
      }
    }
    throw new AssertionError(
        "a topic without end: " + new String(topic.getBytes(ISO_8859_1), ISO_8859_1));
  }
}
