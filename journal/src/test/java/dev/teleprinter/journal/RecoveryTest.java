// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start makes of a folder. */
final class RecoveryTest {
  private static final DiskConfig DISK =
      DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(8192);

  @TempDir private Path path;

  private static DiskJournal open(Folder folder) {
    return DiskJournal.open(folder, StoredHistory.CONFIG, DISK, new ManualClock(), new Random(9));
  }

  @Test
  void refusesAFolderThatAnotherServerUses() {
    try (var one = open(DiskFolder.lock(path))) {
      assertThat(one.latest()).isZero();
      assertThatThrownBy(() -> DiskFolder.lock(path))
          .isInstanceOf(UnusableFolderException.class)
          .hasMessageContaining("in use by another server (expected: stop that one");
    }
    open(DiskFolder.lock(path)).close();
  }

  @Test
  void refusesAFolderOfAnotherProgram() throws Exception {
    Files.writeString(path.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> open(DiskFolder.lock(path)))
        .isInstanceOf(UnusableFolderException.class)
        .hasMessageContaining("notes.txt: not a journal's file");
  }

  @Test
  void refusesAJournalOfALaterVersion() {
    var history = new StoredHistory(1, 10, DISK);
    var name = history.folder.journalFiles().getFirst();
    var bytes = history.folder.bytes(name);
    ByteBuffer.wrap(bytes).putInt(8, FileHeader.VERSION + 1);
    history.folder.put(name, bytes);
    assertThatThrownBy(() -> open(history.folder))
        .isInstanceOf(UnusableFolderException.class)
        .hasMessageContaining("a later version of Teleprinter wrote it: use that one");
  }

  @Test
  void setsAForeignFileAsideThoughItIsShorterThanAHeader() {
    var history = new StoredHistory(5, 60, DISK);
    var foreign = FileHeader.name(1L << 40);
    history.folder.put(foreign, new byte[] {'a', 'b', 'c'});
    for (int start = 0; start < 2; start++) {
      try (var journal = open(history.folder)) {
        assertThat(journal.epoch()).isEqualTo(history.epoch);
        JournalFixture.append(journal, "new", "x");
        var found = history.read(journal, "a");
        assertThat(found.events().keySet()).containsExactlyElementsOf(history.sequencesOf("a"));
        assertThat(found.gaps()).isEmpty();
      }
      assertThat(history.folder.bytes(foreign + ".aside")).containsExactly('a', 'b', 'c');
      assertThat(history.folder.names()).doesNotContain(foreign);
    }
  }

  @Test
  void doesNotWriteOverAFileWhoseHeaderIsBroken() {
    var history = new StoredHistory(5, 10, DISK);
    var name = history.folder.journalFiles().getFirst();
    var bytes = history.folder.bytes(name);
    bytes[20] ^= 1;
    for (var aside : List.of(name + ".aside", name + ".aside2")) {
      history.folder.put(name, bytes);
      try (var journal = open(history.folder)) {
        assertThat(JournalFixture.append(journal, "new", "x").sequence()).isEqualTo(1);
      }
      assertThat(history.folder.bytes(aside)).isEqualTo(bytes);
    }
  }

  @Test
  void deletesABeginningOfAJournalFile() {
    var history = new StoredHistory(5, 10, DISK);
    var name = FileHeader.name(1000);
    var header = history.folder.bytes(history.folder.journalFiles().getFirst());
    for (int size : new int[] {0, 3, 8, FileHeader.BYTES - 1}) {
      history.folder.put(name, Arrays.copyOf(header, size));
      open(history.folder).close();
      assertThat(history.folder.names()).doesNotContain(name, name + ".aside");
    }
  }

  @Test
  void tellsReadersOfAMissingFileAGapAndGoesOnBehindIt() {
    var history = new StoredHistory(2, 250, DISK);
    var names = history.folder.journalFiles();
    history.folder.delete(names.get(1));
    long from = FileHeader.firstOf(names.get(1));
    long to = FileHeader.firstOf(names.get(2)) - 1;
    try (var journal = open(history.folder)) {
      assertThat(journal.epoch()).isEqualTo(history.epoch);
      assertThat(journal.files().holes()).contains(new FileSet.Hole(null, from, to));
      for (var name : StoredHistory.NAMES) {
        var found = history.read(journal, name);
        for (long sequence : history.sequencesOf(name)) {
          assertThat(found.events().containsKey(sequence))
              .isEqualTo(sequence < from || sequence > to);
          assertThat(found.isTold(sequence)).isEqualTo(sequence >= from && sequence <= to);
        }
      }
    }
  }

  @Test
  void namesTheTopicAndTheSequenceOfABrokenRecord() throws Exception {
    var history = new StoredHistory(3, 250, DISK);
    var name = history.folder.journalFiles().getFirst();
    var ends = history.ends(name);
    long sequence = 5;
    var bytes = history.folder.bytes(name);
    bytes[(int) (ends.get(sequence) - 3)] ^= 1;
    history.folder.put(name, bytes);
    var topics = history.events.get(sequence).topics();
    try (var journal = open(history.folder)) {
      for (var topic : StoredHistory.NAMES) {
        var found = history.read(journal, topic);
        assertThat(found.isTold(sequence)).isEqualTo(topics.contains(topic));
        assertThat(found.events()).doesNotContainKey(sequence);
        assertThat(found.gaps()).hasSize(topics.contains(topic) ? 1 : 0);
      }
      assertThat(journal.files().holes())
          .contains(new FileSet.Hole(topics.get(0), sequence, sequence));
    }
  }

  @Test
  void readsAWholeFileWhenItsIndexIsMissing() {
    var history = new StoredHistory(4, 250, DISK);
    history.folder.names().stream()
        .filter(name -> name.endsWith(".tpx"))
        .forEach(history.folder::delete);
    try (var journal = open(history.folder)) {
      for (var name : StoredHistory.NAMES) {
        assertThat(history.read(journal, name).events().keySet())
            .containsExactlyElementsOf(history.sequencesOf(name));
      }
    }
    assertThat(history.folder.names()).anyMatch(name -> name.endsWith(".tpx"));
  }
}
