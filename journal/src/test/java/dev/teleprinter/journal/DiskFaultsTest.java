// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.FakeFolder.Fault;
import dev.teleprinter.journal.JournalUnavailableException.Reason;
import dev.teleprinter.sse.Event;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A disk that is full, read-only, failing or slow. */
@Timeout(30)
final class DiskFaultsTest {
  private static final DiskConfig ALWAYS = DiskConfig.defaults().withDurability(Durability.ALWAYS);

  private final FakeFolder folder = new FakeFolder();

  private DiskJournal open(FakeFolder in, DiskConfig disk) {
    return DiskJournal.open(in, JournalFixture.config(), disk, new ManualClock(), new Random(1));
  }

  private static Append unstored(String topic, String text) {
    return Append.to(topic, Event.of(text)).orElseUnstored();
  }

  private static void refuses(DiskJournal journal, Fault fault) {
    var reason = fault == Fault.FULL ? Reason.STORAGE_FULL : Reason.STORAGE_FAILED;
    assertThatThrownBy(() -> append(journal, "t", "refused"))
        .isInstanceOfSatisfying(
            JournalUnavailableException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void refusesPublishersServesReadersAndHeals(Fault fault) {
    try (var journal = open(folder, ALWAYS)) {
      append(journal, "t", "before");
      folder.set(fault);
      refuses(journal, fault);
      refuses(journal, fault);
      assertThatThrownBy(() -> journal.close("t")).isInstanceOf(JournalUnavailableException.class);
      assertThat(texts(journal, "t", 0)).containsExactly("before");
      assertThat(journal.disk().writeFailures()).isEqualTo(3);
      folder.set(null);
      assertThat(append(journal, "t", "after").stored()).isTrue();
      assertThat(texts(journal, "t", 0)).containsExactly("before", "after");
    }
    try (var journal = open(folder, ALWAYS)) {
      journal.evict();
      assertThat(journal.list("t", 0, 10))
          .extracting(recorded -> recorded.event().data())
          .containsExactly("before", "after");
      assertThat(journal.files().holes()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void anAnswerGoesOnInMemoryAndSaysSo(Fault fault) {
    try (var journal = open(folder, ALWAYS)) {
      assertThat(journal.append(unstored("answer", "1")).stored()).isTrue();
      folder.set(fault);
      assertThat(journal.append(unstored("answer", "2")).stored()).isFalse();
      folder.set(null);
      // What follows would be stored without what it follows on.
      assertThat(journal.append(unstored("answer", "3").andClose()).stored()).isFalse();
      assertThat(texts(journal, "answer", 0)).containsExactly("1", "2", "3");
      assertThat(journal.state("answer").orElseThrow().stored()).isFalse();
      assertThat(append(journal, "t", "x").stored()).isTrue();
    }
    try (var journal = open(folder, ALWAYS)) {
      assertThat(journal.openTopics()).contains("answer"); // never shown as complete
      assertThat(journal.list("answer", 0, 10)).hasSize(1);
    }
  }

  @Test
  void whatWasRefusedIsNotThereAfterACrash() {
    try (var journal = open(folder, ALWAYS)) {
      append(journal, "t", "1");
      folder.set(Fault.FULL);
      refuses(journal, Fault.FULL);
      try (var reopened = open(folder.copy(), ALWAYS)) {
        assertThat(reopened.list("t", 0, 10)).hasSize(1);
      }
    }
  }

  @Test
  void sequencesOfRefusedEventsAreNotGivenAgain() {
    try (var journal = open(folder, ALWAYS)) {
      append(journal, "t", "1");
      folder.set(Fault.FORCE_FAILS);
      refuses(journal, Fault.FORCE_FAILS);
      folder.set(null);
      assertThat(append(journal, "t", "2").sequence()).isGreaterThan(2);
    }
  }

  @Test
  void nobodySeesAnEventBeforeItIsForced() throws InterruptedException {
    try (var journal = open(folder, ALWAYS)) {
      append(journal, "t", "1");
      var forcing = new CountDownLatch(1);
      var letGo = new CountDownLatch(1);
      folder.onForce(() -> {
        forcing.countDown();
        PressureContract.awaitUninterruptibly(letGo);
      });
      var second = journal.submit(Append.to("t", Event.of("2")));
      forcing.await();
      assertThat(journal.read(Topics.of("t"), 1, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.latest()).isEqualTo(1);
      assertThat(second).isNotDone();
      letGo.countDown();
      assertThat(second.join().sequence()).isEqualTo(2);
    }
  }

  @Test
  void aSlowDiskHoldsNobodyUpWhenItIsForcedInIntervals() throws InterruptedException {
    var interval = DiskConfig.defaults().withDurability(Durability.INTERVAL);
    try (var journal = open(folder, interval)) {
      append(journal, "t", "1");
      var forcing = new CountDownLatch(1);
      var letGo = new CountDownLatch(1);
      folder.onForce(() -> {
        forcing.countDown();
        PressureContract.awaitUninterruptibly(letGo);
      });
      append(journal, "t", "2");
      forcing.await();
      append(journal, "t", "3", "4");
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2", "3", "4");
      letGo.countDown();
    }
  }

  @Test
  void aFailedForceBeginsANewFile() {
    try (var journal = open(folder, ALWAYS)) {
      append(journal, "t", "1");
      folder.set(Fault.FORCE_FAILS);
      refuses(journal, Fault.FORCE_FAILS);
      folder.set(null);
      append(journal, "t", "2");
      assertThat(folder.journalFiles()).hasSize(2);
    }
  }
}
