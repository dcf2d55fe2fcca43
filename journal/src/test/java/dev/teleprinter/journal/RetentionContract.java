// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.appendWithId;
import static dev.teleprinter.journal.JournalFixture.frames;
import static dev.teleprinter.journal.JournalFixture.gap;
import static dev.teleprinter.journal.JournalFixture.texts;
import static dev.teleprinter.journal.JournalFixture.transcript;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is kept, what is gone, and that whoever misses something is told. */
interface RetentionContract extends JournalFixture {
  private static Duration secondsMore(Duration time) {
    return time.plusSeconds(2); // retention is exact to two seconds
  }

  @Test
  default void keepsTheNewestEventsUpToTheirNumber() {
    try (var journal = open(Retention.defaults().withEventsMax(3), new ManualClock())) {
      append(journal, "t", "1", "2", "3", "4", "5");
      append(journal, "u", "6");
      assertThat(journal.read(Topics.of("t"), 0, 1000)).isEqualTo(new Read.Gap(2, 3, 6));
      assertThat(journal.read(Topics.of("t"), 1, 1000)).isEqualTo(new Read.Gap(2, 3, 6));
      assertThat(texts(journal, "t", 2)).containsExactly("3", "4", "5");
      assertThat(journal.state("t").orElseThrow().events()).isEqualTo(3);
      assertThat(journal.state("t").orElseThrow().earliest()).isEqualTo(3);
      assertThat(journal.state("t").orElseThrow().appended()).isEqualTo(5);
    }
  }

  @Test
  default void keepsEventsUpToTheirBytesButAlwaysTheNewest() {
    try (var journal = open(Retention.defaults().withBytesMax(1000), new ManualClock())) {
      append(journal, "t", "x".repeat(400), "y".repeat(400), "z".repeat(400));
      assertThat(gap(journal, Topics.of("t"), 0)).isEqualTo(new Read.Gap(1, 2, 3));
      append(journal, "t", "w".repeat(5000));
      assertThat(gap(journal, Topics.of("t"), 2)).isEqualTo(new Read.Gap(3, 4, 4));
      assertThat(texts(journal, "t", 3)).containsExactly("w".repeat(5000));
    }
  }

  @Test
  default void keepsEventsForTheirAge() {
    var clock = new ManualClock();
    try (var journal = open(Retention.defaults().withAge(Duration.ofMinutes(1)), clock)) {
      append(journal, "t", "1");
      clock.pass(Duration.ofSeconds(30));
      append(journal, "t", "2");
      clock.pass(Duration.ofSeconds(30));
      sweep(journal);
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2");
      clock.pass(Duration.ofSeconds(2));
      sweep(journal);
      assertThat(gap(journal, Topics.of("t"), 0)).isEqualTo(new Read.Gap(1, 2, 2));
      clock.pass(Duration.ofSeconds(30));
      sweep(journal);
      assertThat(gap(journal, Topics.of("t"), 0)).isEqualTo(new Read.Gap(2, 0, 2));
      assertThat(journal.read(Topics.of("t"), 2, 1000)).isEqualTo(Read.AT_TAIL);
      append(journal, "t", "3");
      assertThat(texts(journal, "t", 2)).containsExactly("3");
      assertThat(journal.sequenceAt("t", 2)).hasValue(3);
    }
  }

  @Test
  default void readsOnAfterAGapThatWasTold() {
    try (var journal = open(Retention.defaults().withEventsMax(2), new ManualClock())) {
      append(journal, "t", "1", "2", "3", "4");
      var t = Topics.of("t");
      long told = gap(journal, t, 1).through();
      assertThat(told).isEqualTo(2);
      assertThat(transcript(journal, t, 1, told).texts()).containsExactly("3", "4");
      assertThat(journal.read(t, 1, told - 1, 1000)).isInstanceOf(Read.Gap.class);
      append(journal, "t", "5");
      assertThat(journal.read(t, 1, told, 1000)).isEqualTo(new Read.Gap(3, 4, 5));
    }
  }

  @Test
  default void forgetsAClosedTopicWholeAndFreesItsName() {
    var clock = new ManualClock();
    var retention = Retention.defaults().withAfterClose(Duration.ofMinutes(5));
    try (var journal = open(retention, clock)) {
      append(journal, "t", "1", "2", "3");
      journal.close("t");
      clock.pass(Duration.ofMinutes(5));
      sweep(journal);
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2", "3");
      clock.pass(Duration.ofSeconds(2));
      sweep(journal);
      assertThat(journal.state("t")).isEmpty();
      assertThat(journal.states()).isEmpty();
      assertThat(journal.read(Topics.of("t"), 2, 1000)).isEqualTo(new Read.Gap(3, 0, 3));
      assertThat(journal.read(Topics.of("t"), 3, 1000)).isEqualTo(Read.AT_TAIL);
      append(journal, "t", "4");
      assertThat(journal.read(Topics.of("t"), 2, 1000)).isEqualTo(new Read.Gap(3, 4, 4));
      assertThat(transcript(journal, Topics.of("t"), 2, 3).texts()).containsExactly("4");
      assertThat(journal.sequenceAt("t", 0)).hasValue(4);
      assertThat(journal.state("t").orElseThrow().appended()).isEqualTo(1);
    }
  }

  @Test
  default void forgetsATopicOnRequest() {
    try (var journal = open()) {
      append(journal, "t", "1", "2");
      append(journal, "u", "3");
      journal.forget("t");
      journal.forget("t");
      assertThat(journal.state("t")).isEmpty();
      assertThat(journal.read(Topics.of("t"), 1, 1000)).isEqualTo(new Read.Gap(2, 0, 3));
      append(journal, "t", "4");
      assertThat(texts(journal, "t", 0)).containsExactly("4");
      assertThat(texts(journal, "u", 0)).containsExactly("3");
    }
  }

  @Test
  default void tellsAGapForATopicForgottenAmongSeveral() {
    var clock = new ManualClock();
    try (var journal = open(Retention.defaults().withAfterClose(Duration.ZERO), clock)) {
      append(journal, "a", "1", "2");
      append(journal, "b", "3");
      append(journal, "other", "4");
      journal.close("b");
      clock.pass(secondsMore(Duration.ZERO));
      sweep(journal);
      var ab = Topics.of(List.of("a", "b"));
      assertThat(journal.read(ab, 1, 1000)).isEqualTo(new Read.Gap(3, 2, 4));
      assertThat(transcript(journal, ab, 1, 3).texts()).containsExactly("2");
      assertThat(journal.read(ab, 3, 1000)).isEqualTo(Read.AT_TAIL);
      var matching = new Topics.Matching(name -> name.length() == 1);
      assertThat(journal.read(matching, 1, 1000)).isEqualTo(new Read.Gap(3, 2, 4));
      append(journal, "b", "5");
      assertThat(journal.read(ab, 1, 1000)).isEqualTo(new Read.Gap(3, 2, 5));
      assertThat(texts(journal, ab, 3)).containsExactly("5");
    }
  }

  @Test
  default void tellsNoGapForTopicsThatAReaderDoesNotRead() {
    var clock = new ManualClock();
    try (var journal = open(Retention.defaults().withAfterClose(Duration.ZERO), clock)) {
      append(journal, "a", "1");
      append(journal, "gone", "2");
      journal.close("gone");
      clock.pass(secondsMore(Duration.ZERO));
      sweep(journal);
      assertThat(journal.read(Topics.of("a"), 1, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.read(Topics.of("to come"), 1, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.read(Topics.of(List.of("a", "to come")), 1, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.read(new Topics.Matching("a"::equals), 1, 1000)).isEqualTo(Read.AT_TAIL);
    }
  }

  @Test
  default void aReaderFromTheStartMissesNothingOfAnEarlierLife() {
    var clock = new ManualClock();
    try (var journal = open(Retention.defaults().withAfterClose(Duration.ZERO), clock)) {
      append(journal, "t", "1");
      journal.close("t");
      clock.pass(secondsMore(Duration.ZERO));
      sweep(journal);
      assertThat(journal.read(Topics.of("t"), 0, 1000)).isEqualTo(Read.AT_TAIL);
      append(journal, "t", "2");
      assertThat(texts(journal, "t", 0)).containsExactly("2");
    }
  }

  @Test
  default void forgetsAnOpenTopicOnceNothingOfItIsKept() {
    var clock = new ManualClock();
    var retention =
        Retention.defaults().withAge(Duration.ofMinutes(1)).withAfterClose(Duration.ofMinutes(1));
    try (var journal = open(retention, clock)) {
      append(journal, "t", "1");
      clock.pass(secondsMore(Duration.ofMinutes(1)));
      sweep(journal);
      assertThat(journal.state("t").orElseThrow().events()).isZero();
      clock.pass(secondsMore(Duration.ofMinutes(1)));
      sweep(journal);
      assertThat(journal.state("t")).isEmpty();
      assertThat(append(journal, "t", "2").sequence()).isEqualTo(2);
    }
  }

  @Test
  default void retainsByTheFirstRuleThatFits() {
    var rules =
        List.of(
            new JournalConfig.Rule("chat/*/log", Retention.defaults().withEventsMax(1)),
            new JournalConfig.Rule("chat/*", Retention.defaults().withEventsMax(2)));
    var config = JournalFixture.config().withRules(rules);
    try (var journal = open(config, new ManualClock(), new Random(1))) {
      for (var topic : List.of("chat/a/log", "chat/a", "chats")) {
        append(journal, topic, "1", "2", "3");
      }
      assertThat(journal.state("chat/a/log").orElseThrow().events()).isEqualTo(1);
      assertThat(journal.state("chat/a").orElseThrow().events()).isEqualTo(2);
      assertThat(journal.state("chats").orElseThrow().events()).isEqualTo(3);
    }
  }

  @Test
  default void knowsPlacesInATopicAlsoWhenItIsTrimmed() {
    try (var journal = open(Retention.defaults().withEventsMax(2), new ManualClock())) {
      append(journal, "t", "1", "2", "3", "4", "5");
      for (int ordinal = 0; ordinal < 3; ordinal++) {
        assertThat(journal.sequenceAt("t", ordinal)).isEmpty();
      }
      assertThat(journal.sequenceAt("t", 3)).hasValue(4);
      assertThat(journal.sequenceAt("t", 4)).hasValue(5);
      assertThat(journal.sequenceAt("t", 5)).isEmpty();
    }
  }

  @Test
  default void forgetsTheIdsOfTrimmedEvents() {
    try (var journal = open(Retention.defaults().withEventsMax(2), new ManualClock())) {
      for (int i = 1; i <= 20; i++) {
        appendWithId(journal, "t", "k" + i, "x");
      }
      var t = Topics.of("t");
      assertThat(journal.locate(t, "k18")).isEmpty();
      assertThat(journal.locate(t, "k19")).hasValue(19);
      assertThat(appendWithId(journal, "t", "k1", "again"))
          .isEqualTo(new Appended(21, "k1", false));
      assertThat(journal.locate(t, "k1")).hasValue(21);
    }
  }

  @Test
  default void framesStayWholeWhileTheyAreHeld() {
    try (var journal = open(Retention.defaults().withEventsMax(1), new ManualClock())) {
      append(journal, "t", "held");
      var held = frames(journal, Topics.of("t"), 0, 1000);
      for (int i = 0; i < 5000; i++) {
        append(journal, "t", "y".repeat(i % 300));
      }
      var transcript = new Transcript(0);
      transcript.add(held);
      held.release();
      assertThat(transcript.texts()).containsExactly("held");
    }
  }
}
