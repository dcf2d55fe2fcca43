// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.JournalUnavailableException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody deletes, moves or replaces what a running journal writes. */
@Timeout(30)
final class LostFilesTest {
  private static final DiskConfig DISK = DiskConfig.defaults().withDurability(Durability.OS);

  private final ManualClock clock = new ManualClock();

  @TempDir private Path temp;
  private Path path;

  @BeforeEach
  void namesAFolder() {
    path = temp.resolve("journal");
  }

  private DiskJournal open() {
    return DiskJournal.open(
        DiskFolder.lock(path), JournalFixture.config(), DISK, clock, new Random(1));
  }

  private List<Path> files(String suffix) throws IOException {
    try (var files = Files.list(path)) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void refuses(Journal journal) {
    assertThatThrownBy(() -> append(journal, "t", "refused"))
        .isInstanceOfSatisfying(
            JournalUnavailableException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.STORAGE_FAILED))
        .hasMessageNotContaining(temp.toString());
  }

  @Test
  void aDeletedFileIsWrittenAgainWithAllThatWasAcknowledged() throws Exception {
    try (var journal = open()) {
      append(journal, "t", "1", "2");
      Files.delete(files(".tpj").getFirst());
      append(journal, "t", "3");
      clock.pass(Duration.ofSeconds(1));
      append(journal, "t", "4");
      assertThat(files(".tpj")).hasSize(1);
    }
    try (var journal = open()) {
      assertThat(journal.list("t", 0, 10)).hasSize(4);
      assertThat(journal.files().holes()).isEmpty();
    }
  }

  @Test
  void aFilePutInItsPlaceIsSetAside() throws Exception {
    try (var journal = open()) {
      append(journal, "t", "1");
      var file = files(".tpj").getFirst();
      Files.delete(file);
      Files.writeString(file, "another");
      clock.pass(Duration.ofSeconds(1));
      append(journal, "t", "2");
      assertThat(Path.of(file + ".aside")).hasContent("another");
    }
    try (var journal = open()) {
      assertThat(journal.list("t", 0, 10)).hasSize(2);
    }
  }

  @Test
  void aDeletedFolderRefusesPublishersAndServesReaders() throws Exception {
    try (var journal = open()) {
      append(journal, "t", "1");
      delete(path);
      clock.pass(Duration.ofSeconds(1));
      refuses(journal);
      refuses(journal);
      Files.createDirectories(path); // not ours: another server may have begun there
      clock.pass(Duration.ofSeconds(1));
      refuses(journal);
      assertThat(texts(journal, "t", 0)).containsExactly("1");
      assertThat(path).isEmptyDirectory();
    }
  }

  @Test
  void aFolderThatIsMovedAwayAndBackHeals() throws Exception {
    var elsewhere = temp.resolve("elsewhere");
    try (var journal = open()) {
      append(journal, "t", "1");
      Files.move(path, elsewhere);
      clock.pass(Duration.ofSeconds(1));
      refuses(journal);
      Files.move(elsewhere, path);
      assertThat(append(journal, "t", "2").stored()).isTrue();
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2");
    }
    try (var journal = open()) {
      assertThat(journal.list("t", 0, 10)).hasSize(2);
    }
  }

  @Test
  void readersOfAFolderThatIsGoneAreNotShownWhereItWas() throws Exception {
    try (var journal = open()) {
      append(journal, "t", "1");
      journal.evict();
      delete(path);
      Files.createFile(path); // so that whatever is looked for there fails
      assertThatThrownBy(() -> journal.list("t", 0, 10))
          .isInstanceOf(JournalUnavailableException.class)
          .hasMessageNotContaining(temp.toString());
      Files.delete(path);
    }
  }

  @Test
  void theNewestFileDeletedBeforeItIsOpenedAgainIsToldAsAGap() throws Exception {
    try (var journal = open()) {
      append(journal, "t", "1");
    }
    try (var journal = open()) {
      Files.delete(files(".tpj").getFirst());
      refuses(journal);
      assertThat(append(journal, "t", "2").stored()).isTrue();
      assertThat(journal.readBlocking(Topics.of("t"), 0, 0, 1000)).isInstanceOf(Read.Gap.class);
    }
  }
}
