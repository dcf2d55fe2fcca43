// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.frames;
import static dev.teleprinter.journal.JournalFixture.texts;
import static dev.teleprinter.journal.JournalFixture.transcript;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.teleprinter.sse.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One cursor over several topics, or over all that match. */
interface SeveralTopicsContract extends JournalFixture {
  private static Appended appendTo(Journal journal, String text, String... topics) {
    return journal.append(new Append(List.of(topics), Event.of(text), false, Append.IdForm.PLAIN));
  }

  @Test
  default void mergesTopicsInSequence() {
    try (var journal = open()) {
      append(journal, "a", "1", "2");
      append(journal, "b", "3");
      append(journal, "c", "4");
      append(journal, "a", "5");
      append(journal, "b", "6");
      var ab = Topics.of(List.of("b", "a"));
      assertThat(texts(journal, ab, 0)).containsExactly("1", "2", "3", "5", "6");
      assertThat(texts(journal, ab, 3)).containsExactly("5", "6");
      assertThat(journal.read(ab, 6, 1000)).isEqualTo(Read.AT_TAIL);
    }
  }

  @Test
  default void readsAnEventInTwoTopicsOnce() {
    try (var journal = open()) {
      appendTo(journal, "1", "a", "b");
      appendTo(journal, "2", "b");
      appendTo(journal, "3", "b", "a", "c");
      assertThat(texts(journal, Topics.of(List.of("a", "b", "c")), 0))
          .containsExactly("1", "2", "3");
      assertThat(texts(journal, Topics.of(List.of("a", "b")), 1)).containsExactly("2", "3");
      assertThat(texts(journal, "a", 0)).containsExactly("1", "3");
      assertThat(texts(journal, "c", 0)).containsExactly("3");
      assertThat(transcript(journal, Topics.of("c"), 0, 0).sequences()).containsExactly(3L);
    }
  }

  @Test
  default void refusesATopicTwiceInOneAppend() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Append(List.of("a", "a"), Event.of("x"), false, Append.IdForm.PLAIN));
    assertThatIllegalArgumentException().isThrownBy(() -> Append.to("", Event.of("x")));
    assertThatIllegalArgumentException().isThrownBy(() -> Topics.of(List.of()));
  }

  @Test
  default void readsTheTopicsThatMatchAlsoThoseToCome() {
    try (var journal = open()) {
      append(journal, "a/1", "1");
      append(journal, "b/1", "2");
      append(journal, "a/2", "3");
      var matching = new Topics.Matching(name -> name.startsWith("a/"));
      assertThat(texts(journal, matching, 0)).containsExactly("1", "3");
      assertThat(journal.read(matching, 3, 1000)).isEqualTo(Read.AT_TAIL);
      append(journal, "a/3", "4");
      assertThat(texts(journal, matching, 3)).containsExactly("4");
      journal.close("a/1");
      journal.close("a/2");
      journal.close("a/3");
      assertThat(journal.read(matching, 4, 1000)).isEqualTo(Read.AT_TAIL); // never ends
    }
  }

  @Test
  default void endsWhenAllTopicsAreClosedAndRead() {
    try (var journal = open()) {
      append(journal, "a", "1");
      append(journal, "b", "2");
      var ab = Topics.of(List.of("a", "b"));
      journal.close("a");
      assertThat(journal.read(ab, 2, 1000)).isEqualTo(Read.AT_TAIL);
      journal.close("b");
      assertThat(texts(journal, ab, 0)).containsExactly("1", "2");
      assertThat(journal.read(ab, 2, 1000)).isEqualTo(Read.ENDED);
      assertThat(journal.read(Topics.of(List.of("a", "to come")), 2, 1000)).isEqualTo(Read.AT_TAIL);
    }
  }

  @Test
  default void honoursBytesMaxOverSeveralTopics() {
    try (var journal = open()) {
      for (int i = 0; i < 6; i++) {
        append(journal, i % 2 == 0 ? "a" : "b", "x".repeat(500));
      }
      var ab = Topics.of(List.of("a", "b"));
      var one = frames(journal, ab, 0, 1);
      int frameBytes = one.bytes();
      one.release();
      for (int bytesMax = 1; bytesMax < 6 * frameBytes + 2; bytesMax += 50) {
        var read = frames(journal, ab, 0, bytesMax);
        assertThat(read.bytes()).isBetween(frameBytes, Math.max(bytesMax, frameBytes));
        assertThat(read.more()).isEqualTo(read.through() < 6);
        read.release();
      }
    }
  }

  @Test
  default void saysTruthfullyWhetherThereIsMoreInSeveralTopics() {
    try (var journal = open()) {
      append(journal, "a", "1");
      append(journal, "b", "2");
      var ab = Topics.of(List.of("a", "b"));
      var all = frames(journal, ab, 0, 1000);
      // One read may stop where memory begins: a journal on disk need not merge both.
      assertThat(all.more()).isEqualTo(all.through() < 2);
      all.release();
      journal.close("a");
      journal.close("b");
      var beforeTheEnd = frames(journal, ab, 0, 1000);
      assertThat(beforeTheEnd.more()).isTrue();
      beforeTheEnd.release();
    }
  }

  @Test
  default void tellsAGapInAnyOfTheTopics() {
    var retention = Retention.defaults().withEventsMax(2);
    try (var journal = open(retention, new ManualClock())) {
      append(journal, "a", "1", "2", "3");
      append(journal, "b", "4");
      append(journal, "a", "5");
      var ab = Topics.of(List.of("a", "b"));
      assertThat(journal.read(ab, 0, 1000)).isEqualTo(new Read.Gap(2, 3, 5));
      assertThat(journal.read(new Topics.Matching(_ -> true), 1, 1000))
          .isEqualTo(new Read.Gap(2, 3, 5));
      assertThat(transcript(journal, ab, 0, 2).texts()).containsExactly("3", "4", "5");
      assertThat(texts(journal, ab, 2)).containsExactly("3", "4", "5");
    }
  }
}
