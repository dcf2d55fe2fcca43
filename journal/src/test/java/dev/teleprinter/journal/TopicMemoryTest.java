// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.appendWithId;
import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.FakeFolder.Fault;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What topics take of the heap is reserved in the one account, and given back. */
@Timeout(60)
final class TopicMemoryTest {
  private static final String LONG_NAME = "n".repeat(3990);
  private static final DiskConfig DISK =
      DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(16 << 10);

  private final MemoryBudget budget = new MemoryBudget(4 << 20);
  private final ManualClock clock = new ManualClock();
  private final FakeFolder folder = new FakeFolder();

  private MemoryJournal inMemory(Retention retention) {
    var config = JournalFixture.config().withRetention(retention);
    return new MemoryJournal(config, clock, new Random(1), budget);
  }

  private DiskJournal onDisk(Retention retention) {
    var config = JournalFixture.config().withRetention(retention);
    var surroundings = new DiskJournal.Surroundings(clock, new Random(1), budget);
    return DiskJournal.open(folder, config, DISK, surroundings);
  }

  private long reserved() {
    return budget.reserved(Holder.TOPICS);
  }

  /** Appends to new topics until one is refused. Returns how many were not. */
  private static int fill(Journal journal, String prefix) {
    for (int i = 0; ; i++) {
      try {
        append(journal, prefix + i, "x");
      } catch (JournalUnavailableException e) {
        assertThat(e).hasMessageStartingWith("topics: ");
        return i;
      }
    }
  }

  @Test
  void namesAreBoundedByBytesAndNotByCount() {
    try (var journal = inMemory(Retention.defaults())) {
      int topics = fill(journal, LONG_NAME);
      assertThat(topics).isBetween(300, 600);
      assertThat(reserved()).isLessThanOrEqualTo(budget.bytesMax(Holder.TOPICS));
      assertThatThrownBy(() -> journal.close(LONG_NAME + "-closed"))
          .isInstanceOf(JournalUnavailableException.class);
      append(journal, LONG_NAME + 7, "more");
      assertThat(texts(journal, LONG_NAME + 7, 0)).containsExactly("x", "more");
    }
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aTopicThatIsForgottenMakesRoomForAnother() {
    try (var journal = inMemory(Retention.defaults().withAfterClose(Duration.ofMinutes(1)))) {
      int topics = fill(journal, LONG_NAME);
      journal.forget(LONG_NAME + 3);
      append(journal, LONG_NAME + topics, "x");
      for (int i = 10; i < 20; i++) {
        journal.close(LONG_NAME + i);
      }
      clock.pass(Duration.ofMinutes(2));
      journal.sweep();
      assertThat(fill(journal, LONG_NAME + "again")).isEqualTo(10);
    }
  }

  @Test
  void publishersIdsAreReservedUntilTheirEventsAreTrimmed() {
    try (var journal = inMemory(Retention.defaults().withEventsMax(10))) {
      append(journal, "t", "x");
      long before = reserved();
      for (int i = 0; i < 100; i++) {
        appendWithId(journal, "t", "i".repeat(1000) + i, "x");
      }
      assertThat(reserved() - before)
          .isBetween(10_000L, 24_000L); // they may outnumber events twice
      journal.forget("t");
      assertThat(reserved()).isEqualTo(before - TopicMemory.ofTopic("t"));
    }
  }

  @Test
  void aPublishersIdThatDoesNotFitIsRefusedAndAnEventWithoutOneIsNot() {
    try (var journal = inMemory(Retention.defaults())) {
      append(journal, "t", "x");
      fill(journal, LONG_NAME);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  appendWithId(journal, "t", "i".repeat(1000) + i, "x");
                }
              })
          .isInstanceOf(JournalUnavailableException.class);
      assertThat(append(journal, "t", "x").duplicate()).isFalse();
    }
  }

  @Test
  void whatIsRefusedOrTakenBackReservesNothing() {
    try (var journal = onDisk(Retention.defaults())) {
      append(journal, "t", "x");
      long before = reserved();
      folder.set(Fault.FULL);
      assertThatThrownBy(() -> append(journal, "u", "x"))
          .isInstanceOf(JournalUnavailableException.class);
      assertThatThrownBy(() -> appendWithId(journal, "t", "id", "x"))
          .isInstanceOf(JournalUnavailableException.class);
      assertThatThrownBy(() -> journal.close("v")).isInstanceOf(JournalUnavailableException.class);
      assertThat(reserved()).isEqualTo(before);
      var unstored = new Event("id", Event.MESSAGE, "x", null);
      journal.append(Append.to("t", unstored).orElseUnstored());
      assertThat(reserved()).isGreaterThan(before);
      folder.set(null);
      journal.forget("t");
    }
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void afterAnyHistoryNothingIsReservedForTopicsThatAreGone() {
    var random = new Random(5);
    try (var journal = onDisk(Retention.defaults().withEventsMax(20))) {
      long before = reserved();
      for (int i = 0; i < 3000; i++) {
        var topic = "topic " + random.nextInt(50);
        switch (random.nextInt(20)) {
          case 0 -> journal.forget(topic);
          case 1 -> journal.evict();
          case 2 -> folder.set(random.nextBoolean() ? Fault.FULL : null);
          default -> tryAppend(journal, topic, random);
        }
      }
      folder.set(null);
      for (int i = 0; i < 50; i++) {
        journal.forget("topic " + i);
      }
      append(journal, "last", "x");
      journal.forget("last");
      journal.forget("other");
      journal.sweep();
      journal.tidy();
      long ofFiles = 0;
      for (var file : journal.files().files()) {
        ofFiles += file.index instanceof SealedIndex sealed ? sealed.reservedBytes() : 0;
      }
      assertThat(reserved() - before).isEqualTo(ofFiles);
    }
    assertThat(budget.reserved()).isZero();
  }

  private static void tryAppend(Journal journal, String topic, Random random) {
    var id = random.nextInt(3) == 0 ? "id" + random.nextInt(300) : null;
    var event = new Event(id, Event.MESSAGE, "x".repeat(random.nextInt(300)), null);
    var topics = random.nextInt(4) == 0 ? List.of(topic, "other") : List.of(topic);
    var append = new Append(topics, event, false, Append.IdForm.PLAIN, random.nextBoolean());
    try {
      assertThat(journal.append(append).sequence()).isPositive();
    } catch (JournalUnavailableException e) {
      assertThat(e.reason()).isNotNull(); // the disk is full
    }
  }

  @Test
  void aStartReservesWhatRunningHadReserved() {
    long before;
    try (var journal = onDisk(Retention.defaults())) {
      for (int i = 0; i < 100; i++) {
        appendWithId(journal, LONG_NAME + i, "id" + i, "x");
      }
      journal.sweep(); // what is full is sealed, and its ids are found on the disk
      before = reserved();
    }
    try (var journal = onDisk(Retention.defaults())) {
      assertThat(journal.states()).hasSize(100);
      assertThat(reserved()).isBetween(before * 9 / 10, before);
    }
  }

  @Test
  void aJournalOfMoreThanItsShareStartsAndRefusesNewTopicsOnly() {
    try (var journal = onDisk(Retention.defaults())) {
      fill(journal, LONG_NAME);
    }
    var smaller = new MemoryBudget(budget.bytesMax() / 2);
    var surroundings = new DiskJournal.Surroundings(clock, new Random(1), smaller);
    try (var journal = DiskJournal.open(folder, JournalFixture.config(), DISK, surroundings)) {
      assertThat(smaller.reserved(Holder.TOPICS)).isGreaterThan(smaller.bytesMax(Holder.TOPICS));
      assertThatThrownBy(() -> append(journal, "new", "x"))
          .isInstanceOf(JournalUnavailableException.class);
      append(journal, LONG_NAME + 3, "more");
      journal.evict();
      assertThat(journal.list(LONG_NAME + 3, 0, 10))
          .extracting(recorded -> recorded.event().data())
          .containsExactly("x", "more");
    }
  }

  @Test
  void forgottenNamesAreBoundedByBytes() {
    var forgotten = new Forgotten(1 << 20);
    for (int i = 1; i <= 1000; i++) {
      forgotten.add(LONG_NAME + i, i);
    }
    assertThat(forgotten.through(LONG_NAME + 1000)).isEqualTo(1000);
    long ofOlder = forgotten.through(LONG_NAME + 1);
    assertThat(ofOlder).isBetween(700L, 800L); // all that the oldest ones may have missed
    assertThat(forgotten.through("never seen")).isEqualTo(ofOlder);
  }

  @Test
  void anIndexThatDoesNotFitIntoMemoryIsLookedUpOnTheDisk() {
    try (var journal = onDisk(Retention.defaults())) {
      for (int i = 0; i < 200; i++) {
        appendWithId(journal, "t" + i % 20, "id" + i, "number " + i);
      }
      journal.sweep();
      fill(journal, LONG_NAME);
    }
    var none = new MemoryBudget(1 << 10);
    var surroundings = new DiskJournal.Surroundings(clock, new Random(1), none);
    try (var journal = DiskJournal.open(folder, JournalFixture.config(), DISK, surroundings)) {
      for (int i = 0; i < 200; i++) {
        var topic = Topics.of("t" + i % 20);
        long sequence = journal.locate(topic, "id" + i).orElseThrow();
        assertThat(sequence).isEqualTo(i + 1);
        assertThat(journal.sequenceAt("t" + i % 20, i / 20)).hasValue(sequence);
      }
      assertThat(journal.locate(Topics.of("t1"), "no such id")).isEmpty();
      assertThat(journal.list("t7", 0, 100)).hasSize(10);
    }
  }
}
