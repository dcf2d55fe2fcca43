// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files go when nothing of them is kept, and shrink when little is. */
@Timeout(60)
final class TidyTest {
  private static final DiskConfig DISK =
      DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(16 << 10);
  private static final String KIBIBYTE = "x".repeat(1000);

  private final FakeFolder folder = new FakeFolder();
  private final ManualClock clock = new ManualClock();

  private DiskJournal open(Retention retention) {
    var config = JournalFixture.config().withRetention(retention);
    return DiskJournal.open(folder, config, DISK, clock, new Random(1));
  }

  private static void fill(DiskJournal journal, String topic, int events) {
    for (int i = 0; i < events; i++) {
      JournalFixture.append(journal, topic, KIBIBYTE);
    }
    journal.sweep();
  }

  @Test
  void deletesFilesOfWhichNothingIsKept() {
    try (var journal = open(Retention.defaults().withEventsMax(20))) {
      fill(journal, "t", 300);
      assertThat(folder.journalFiles()).hasSizeGreaterThan(15);
      journal.tidy();
      assertThat(folder.journalFiles()).hasSizeBetween(2, 4);
      assertThat(folder.names()).hasSizeLessThanOrEqualTo(2 * folder.journalFiles().size());
    }
    try (var journal = open(Retention.defaults().withEventsMax(20))) {
      var t = Topics.of("t");
      assertThat(JournalFixture.transcript(readingDisk(journal), t, 280, 280).sequences())
          .hasSize(20)
          .startsWith(281L)
          .endsWith(300L);
      assertThat(journal.readBlocking(t, 270, 270, 1000)).isInstanceOf(Read.Gap.class);
    }
  }

  @Test
  void aFileOfManySmallTopicsEndsBeforeItsIndexTakesMuchMemory() {
    int topics = DiskWriter.STRETCHES_MAX + 1000;
    var disk = DISK.withFileBytesMax(64 << 20);
    try (var journal =
        DiskJournal.open(folder, JournalConfig.defaults(), disk, clock, new Random(1))) {
      for (int i = 0; i < topics; i++) {
        journal.submit(Append.to("t" + i, Event.of("x")));
      }
      journal.sweep();
      assertThat(folder.journalFiles()).hasSize(2);
      journal.evict();
      assertThat(JournalFixture.texts(readingDisk(journal), "t7", 0)).containsExactly("x");
    }
  }

  @Test
  void mergesFilesOfWhichLittleIsKept() {
    var rules =
        List.of(new JournalConfig.Rule("long*", Retention.defaults().withAge(Duration.ofDays(9))));
    var config =
        JournalFixture.config()
            .withRetention(Retention.defaults().withAge(Duration.ofMinutes(1)))
            .withRules(rules);
    try (var journal = DiskJournal.open(folder, config, DISK, clock, new Random(1))) {
      for (int i = 0; i < 30; i++) {
        JournalFixture.appendWithId(journal, "long-lived", "id" + i, "number " + i);
        fill(journal, "short", 10);
      }
      clock.pass(Duration.ofMinutes(2));
      journal.evict();
      journal.sweep();
      int before = folder.journalFiles().size();
      journal.tidy();
      assertThat(folder.journalFiles()).hasSizeLessThan(before / 4);
      checkLongLived(journal);
      assertThat(journal.files().holes()).isEmpty();
    }
    try (var journal = DiskJournal.open(folder, config, DISK, clock, new Random(1))) {
      checkLongLived(journal);
      assertThat(journal.files().holes()).isEmpty();
      assertThat(JournalFixture.appendWithId(journal, "long-lived", "id7", "again").duplicate())
          .isTrue();
      assertThat(JournalFixture.append(journal, "long-lived", "x").sequence()).isEqualTo(331);
    }
  }

  @Test
  void moreEndsOfTopicsThanAFileHoldsAreAllThereAfterwards() {
    try (var journal = open(Retention.defaults())) {
      for (int i = 0; i < 1500; i++) {
        journal.submit(Append.to("topic " + i, Event.of("x")));
      }
      for (int i = 0; i < 1000; i++) { // no event in between
        journal.close("topic " + i);
      }
      for (int i = 1000; i < 1500; i++) {
        journal.forget("topic " + i);
      }
      journal.sweep();
    }
    try (var journal = open(Retention.defaults())) {
      assertThat(journal.states()).hasSize(1000).allMatch(TopicState::closed);
      assertThat(journal.files().holes()).isEmpty();
      assertThat(JournalFixture.append(journal, "new", "x").sequence()).isGreaterThan(1500);
    }
  }

  @Test
  void whatIsKeptIsNotWrittenAgain() {
    try (var journal = open(Retention.defaults())) {
      for (int i = 0; i < 1000; i++) { // little more than a name each
        journal.submit(
            Append.to("one of many topics with a name of sixty letters " + i, Event.of("x")));
      }
      journal.sweep();
      int files = folder.journalFiles().size();
      int written = folder.written();
      journal.tidy();
      assertThat(folder.journalFiles()).hasSize(files).hasSizeGreaterThan(3);
      assertThat(folder.written()).isEqualTo(written);
    }
  }

  @Test
  void everyMergeSavesWhatItWritesAndOnceIsEnough() {
    try (var journal = open(Retention.defaults().withAfterClose(Duration.ofMinutes(1)))) {
      for (int i = 0; i < 1000; i++) {
        journal.submit(Append.to("topic " + i, Event.of("x".repeat(100))));
      }
      for (int i = 0; i < 1000; i++) {
        if (i % 8 != 0) {
          journal.close("topic " + i);
        }
      }
      clock.pass(Duration.ofMinutes(2));
      journal.sweep();
      long before = journal.disk().bytes();
      int written = folder.written();
      journal.tidy();
      long saved = before - journal.disk().bytes();
      assertThat(saved).isGreaterThan(before / 4);
      assertThat(folder.written() - written).isLessThan((int) (2 * saved)); // indexes too
      written = folder.written();
      journal.tidy();
      assertThat(folder.written()).isEqualTo(written);
    }
  }

  @Test
  void nothingIsLookedAtUntilSomethingIsTrimmed() {
    try (var journal = open(Retention.defaults())) {
      fill(journal, "t", 100);
      journal.tidy();
      int opened = folder.opened();
      for (int i = 0; i < 5; i++) {
        journal.tidyIfDue();
      }
      assertThat(folder.opened()).isEqualTo(opened);
      int files = folder.journalFiles().size();
      journal.forget("t");
      fill(journal, "u", 20);
      journal.tidyIfDue();
      assertThat(folder.journalFiles()).hasSizeLessThan(files);
    }
  }

  private static void checkLongLived(DiskJournal journal) {
    var topic = Topics.of("long-lived");
    assertThat(JournalFixture.texts(readingDisk(journal), topic, 0))
        .hasSize(30)
        .startsWith("number 0")
        .endsWith("number 29");
    for (int i = 0; i < 30; i++) {
      assertThat(journal.locate(topic, "id" + i)).hasValue(1 + i * 11);
      assertThat(journal.sequenceAt("long-lived", i)).hasValue(1 + i * 11);
    }
  }

  @Test
  void readersGoOnWhileFilesAreMerged() throws Exception {
    try (var journal = open(Retention.defaults())) {
      for (int i = 0; i < 40; i++) {
        JournalFixture.append(journal, "kept", "number " + i);
        fill(journal, "gone" + i, 10);
      }
      journal.evict();
      for (int i = 0; i < 40; i++) {
        journal.close("gone" + i);
      }
      clock.pass(Duration.ofHours(2));
      journal.sweep();
      var tidying = Thread.ofPlatform().start(journal::tidy);
      do {
        assertThat(JournalFixture.texts(readingDisk(journal), Topics.of("kept"), 0)).hasSize(40);
      } while (tidying.isAlive());
      assertThat(journal.files().holes()).isEmpty();
    }
  }

  /** The journal as one whose reads wait for the disk. */
  private static Journal readingDisk(DiskJournal journal) {
    return new RestlessJournal(() -> journal, new Random(1), 0, 0);
  }
}
