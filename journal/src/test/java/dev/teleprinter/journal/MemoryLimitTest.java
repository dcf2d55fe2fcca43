// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.texts;
import static dev.teleprinter.journal.JournalFixture.transcript;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.sse.Event;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal does when memory is used up: mostly one without a disk. */
final class MemoryLimitTest {
  private static final String KIBIBYTE = "x".repeat(1000);

  private final MemoryJournal journal =
      new MemoryJournal(
          JournalConfig.defaults().withMemoryBytesMax(4 << 20), new ManualClock(), new Random(1));

  @Test
  void theOldestOfOpenTopicsGivesWay() {
    try (journal) {
      append(journal, "oldest", KIBIBYTE);
      append(journal, "newer", KIBIBYTE);
      fill("load", 6000);
      assertThat(journal.read(Topics.of("oldest"), 0, 1000)).isInstanceOf(Read.Gap.class);
      assertThat(journal.state("load").orElseThrow().events()).isBetween(2000L, 4000L);
      assertThat(append(journal, "oldest", "again").sequence()).isEqualTo(6003);
      assertThat(journal.sequenceAt("oldest", 1)).hasValue(6003);
    }
  }

  @Test
  void theNewestOfEachTopicIsThereAndLiesTogetherAlsoWhenMemoryIsFirstUsedUp(@TempDir Path folder) {
    var config = JournalConfig.defaults().withMemoryBytesMax(4 << 20);
    var disk = DiskConfig.defaults().withDurability(Durability.OS);
    try (journal;
        var onDisk =
            DiskJournal.open(
                DiskFolder.lock(folder), config, disk, new ManualClock(), new Random(1))) {
      for (var each : List.of(journal, onDisk)) {
        int topics = 100;
        int tail = 20;
        for (int i = 0; i < 400 * topics; i++) { // more than fits
          each.submit(Append.to("t" + i % topics, Event.of("x".repeat(100))));
        }
        each.close("done");
        for (int topic = 0; topic < topics; topic++) {
          long after = each.latest() - tail * topics;
          var read = each.read(Topics.of("t" + topic), after, 1 << 20);
          assertThat(read).isInstanceOf(Frames.class); // not from the disk
          var frames = (Frames) read;
          assertThat(frames.slices()).isLessThan(tail / 4);
          frames.release();
        }
      }
    }
  }

  @Test
  void closedTopicsGiveWayFirst() {
    try (journal) {
      append(journal, "open", KIBIBYTE);
      for (int i = 0; i < 100; i++) {
        append(journal, "closed/" + i, KIBIBYTE, KIBIBYTE);
        journal.close("closed/" + i);
      }
      for (int i = 0; i < 5000 && journal.state("closed/99").orElseThrow().events() > 0; i++) {
        append(journal, "load", KIBIBYTE);
        assertThat(texts(journal, "open", 0)).containsExactly(KIBIBYTE);
      }
      assertThat(journal.state("closed/99").orElseThrow().events()).isZero();
      assertThat(journal.read(Topics.of("closed/99"), 0, 1000)).isInstanceOf(Read.Gap.class);
      assertThat(journal.read(Topics.of("closed/99"), 0, 1L << 40, 1000)).isEqualTo(Read.ENDED);
    }
  }

  @Test
  void manySmallTopicsGiveWayToOneLargeEvent() {
    try (journal) {
      for (int i = 0; i < 30_000; i++) {
        journal.submit(Append.to("small/" + i, Event.of("x")));
      }
      var large = "y".repeat(3 << 20);
      append(journal, "large", large);
      assertThat(texts(journal, "large", 0)).containsExactly(large);
      append(journal, "large", large);
      append(journal, "small/0", "x");
      assertThat(texts(journal, "small/0", 30_000)).containsExactly("x");
    }
  }

  @Test
  void anEventThatTakesNearlyAllMemoryIsThere() {
    try (journal) {
      var large = "y".repeat((4 << 20) - 1000);
      append(journal, "large", large);
      assertThat(texts(journal, "large", 0)).containsExactly(large);
    }
  }

  @Test
  void refusesAnAppendWhenReadersHoldAllMemoryAndHealsWhenTheyLetGo() {
    try (journal) {
      var held = new ArrayList<Frames>();
      var all = new Topics.Matching(_ -> true);
      String large = "y".repeat(1_000_000);
      for (int i = 0; i < 4; i++) {
        append(journal, "t" + i, large);
        held.add((Frames) journal.read(all, i, 10));
      }
      assertThatThrownBy(() -> append(journal, "fresh", large))
          .isInstanceOf(JournalUnavailableException.class);
      assertThat(journal.state("fresh")).isEmpty();
      assertThat(journal.latest()).isEqualTo(4);
      for (var frames : held) {
        var transcript = new Transcript(0);
        transcript.add(frames);
        assertThat(transcript.texts()).containsExactly(large);
        frames.release();
      }
      assertThat(append(journal, "fresh", large).sequence()).isEqualTo(5);
      assertThat(texts(journal, "fresh", 4)).containsExactly(large);
    }
  }

  @Test
  void anEventLargerThanAllMemoryIsRefusedAndTheJournalGoesOn() {
    var config = JournalConfig.defaults().withMemoryBytesMax(4 << 20).withFrameBytesMax(8 << 20);
    try (var journal = new MemoryJournal(config, new ManualClock(), new Random(1))) {
      assertThatThrownBy(() -> append(journal, "t", "y".repeat(5 << 20)))
          .isInstanceOf(JournalUnavailableException.class);
      assertThat(append(journal, "t", "small").sequence()).isEqualTo(1);
    }
  }

  @Test
  void aTopicThatKeepsLittleUsesLittle() {
    var config =
        JournalConfig.defaults()
            .withMemoryBytesMax(4 << 20)
            .withRetention(Retention.defaults().withEventsMax(1));
    try (var journal = new MemoryJournal(config, new ManualClock(), new Random(1))) {
      for (int round = 0; round < 20; round++) {
        for (int topic = 0; topic < 1000; topic++) {
          journal.submit(Append.to("t" + topic, Event.of("x".repeat(100))));
        }
      }
      append(journal, "last", "x");
      // 1,000 topics of one event each fit easily: none was trimmed for space.
      assertThat(journal.states()).allMatch(state -> state.events() == 1);
    }
  }

  @Test
  void aTopicWithoutFramesAfterAFailedAppendReadsOn() {
    try (journal) {
      var held = new ArrayList<Frames>();
      String large = "y".repeat(1_000_000);
      append(journal, "a", "1");
      for (int i = 0; i < 3; i++) {
        append(journal, "t" + i, large);
        held.add((Frames) journal.read(Topics.of("t" + i), 0, 10));
      }
      var both = new Append(List.of("a", "b"), Event.of(large), false, Append.IdForm.PLAIN);
      assertThatThrownBy(() -> journal.append(both))
          .isInstanceOf(JournalUnavailableException.class);
      append(journal, "a", "2", "3");
      held.forEach(Frames::release);
      append(journal, "a", large, "4");
      assertThat(transcript(journal, Topics.of("a"), 0, 4).texts()).endsWith("2", "3", large, "4");
    }
  }

  private void fill(String topic, int events) {
    for (int i = 0; i < events; i++) {
      journal.submit(Append.to(topic, Event.of(KIBIBYTE)));
    }
    journal.close("done");
  }
}
