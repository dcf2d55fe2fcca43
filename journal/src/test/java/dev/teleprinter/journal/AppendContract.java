// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.appendWithId;
import static dev.teleprinter.journal.JournalFixture.frames;
import static dev.teleprinter.journal.JournalFixture.texts;
import static dev.teleprinter.journal.JournalFixture.transcript;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers, ids and the wire form. */
interface AppendContract extends JournalFixture {
  @Test
  default void numbersEventsFromOneAcrossAllTopics() {
    try (var journal = open()) {
      assertThat(journal.latest()).isZero();
      assertThat(append(journal, "a", "x").sequence()).isEqualTo(1);
      assertThat(append(journal, "b", "x").sequence()).isEqualTo(2);
      assertThat(append(journal, "a", "x").sequence()).isEqualTo(3);
      assertThat(journal.latest()).isEqualTo(3);
    }
  }

  @Test
  default void namesItsLifeByAnEpochOfItsOwn() {
    try (var one = open();
        var other = open(JournalFixture.config(), new ManualClock(), new Random(2))) {
      assertThat(one.epoch()).matches("[0-9a-z]{1,16}").isNotEqualTo(other.epoch());
    }
  }

  @Test
  default void writesTheIdLineFirst() {
    try (var journal = open()) {
      var event = new Event(null, "greeting", "one\ntwo", 1500L);
      var plain = journal.append(Append.to("t", event));
      var fragment = journal.append(new Append(List.of("t"), event, false, Append.IdForm.FRAGMENT));
      var rest = "event: greeting\nretry: 1500\ndata: one\ndata: two\n\n";
      assertThat(plain.id()).isEqualTo(journal.epoch() + "-1");
      assertThat(fragment.id()).isEqualTo("#" + journal.epoch() + "-2");
      assertThat(transcript(journal, Topics.of("t"), 0, 0).frames())
          .containsExactly(
              new Transcript.Frame(1, "id: " + plain.id() + "\n" + rest),
              new Transcript.Frame(2, "id: " + fragment.id() + "\n" + rest));
    }
  }

  @Test
  default void keepsAnyTextExactly() {
    try (var journal = open()) {
      var text = " leading space, \u0000, \uD83D\uDE00, \u4F60\u597D, colon: and a final line\n";
      append(journal, "t", text, "");
      assertThat(journal.list("t", 0, 10))
          .extracting(e -> e.event().data())
          .containsExactly(text, "");
      assertThat(journal.list("t", 0, 10))
          .extracting(e -> e.event().id())
          .containsExactly(journal.epoch() + "-1", journal.epoch() + "-2");
    }
  }

  @Test
  default void honoursPublisherIds() {
    try (var journal = open()) {
      var appended = appendWithId(journal, "t", "urn:uuid:\u00e9", "x");
      assertThat(appended).isEqualTo(new Appended(1, "urn:uuid:\u00e9", false));
      assertThat(transcript(journal, Topics.of("t"), 0, 0).frames().get(0).block())
          .isEqualTo("id: urn:uuid:\u00e9\ndata: x\n\n");
    }
  }

  @Test
  default void givesAnEventWithAnEmptyIdOneOfItsOwn() {
    try (var journal = open()) {
      appendWithId(journal, "t", "", "one");
      var two = appendWithId(journal, "t", "", "two");
      assertThat(two).isEqualTo(new Appended(2, journal.epoch() + "-2", false));
      assertThat(texts(journal, "t", 0)).containsExactly("one", "two");
    }
  }

  @Test
  default void acknowledgesARepeatedIdAndAppendsItOnce() {
    try (var journal = open()) {
      appendWithId(journal, "t", "k", "x");
      append(journal, "t", "between");
      assertThat(appendWithId(journal, "t", "k", "y")).isEqualTo(new Appended(1, "k", true));
      assertThat(appendWithId(journal, "other", "k", "z")).isEqualTo(new Appended(3, "k", false));
      assertThat(texts(journal, "t", 0)).containsExactly("x", "between");
    }
  }

  @Test
  default void acknowledgesARepeatedIdOfATopicThatItClosed() {
    try (var journal = open()) {
      var last = Append.to("t", Event.of("end").withId("k")).andClose();
      assertThat(journal.append(last).duplicate()).isFalse();
      assertThat(journal.append(last)).isEqualTo(new Appended(1, "k", true));
    }
  }

  @Test
  default void aRepeatedIdDoesNotMakeTopicsExist() {
    try (var journal = open()) {
      appendWithId(journal, "t", "k", "x");
      journal.append(
          new Append(List.of("t", "new"), Event.of("y").withId("k"), false, Append.IdForm.PLAIN));
      assertThat(journal.state("new")).isEmpty();
    }
  }

  @Test
  default void locatesItsOwnIdsWithAndWithoutTheMark() {
    try (var journal = open()) {
      append(journal, "t", "1", "2", "3");
      var t = Topics.of("t");
      assertThat(journal.locate(t, journal.epoch() + "-2")).hasValue(2);
      assertThat(journal.locate(t, "#" + journal.epoch() + "-2")).hasValue(2);
      assertThat(journal.locate(t, journal.epoch() + "-0")).hasValue(0);
      assertThat(journal.locate(Topics.of("elsewhere"), journal.epoch() + "-3")).hasValue(3);
    }
  }

  @Test
  default void doesNotKnowIdsThatItNeverGave() {
    try (var journal = open()) {
      append(journal, "t", "1", "2", "3");
      var epoch = journal.epoch();
      for (var id :
          List.of(
              epoch + "-4",
              epoch + "-",
              epoch + "-1x",
              epoch + "--1",
              epoch + "1",
              "zzz" + "-1",
              "#",
              "",
              "-1",
              "##" + epoch + "-1",
              epoch + "-99999999999999999999",
              "k")) {
        assertThat(journal.locate(Topics.of("t"), id)).as(id).isEqualTo(OptionalLong.empty());
      }
    }
  }

  @Test
  default void locatesPublisherIdsWithinTheTopicsAsked() {
    try (var journal = open()) {
      append(journal, "a", "x");
      appendWithId(journal, "a", "k", "x"); // 2
      appendWithId(journal, "b", "k", "x"); // 3
      appendWithId(journal, "b", "l", "x"); // 4
      assertThat(journal.locate(Topics.of("a"), "k")).hasValue(2);
      assertThat(journal.locate(Topics.of("b"), "k")).hasValue(3);
      // Mercure 4.1.5: should it occur twice, the earliest.
      assertThat(journal.locate(Topics.of(List.of("b", "a")), "k")).hasValue(2);
      assertThat(journal.locate(new Topics.Matching(_ -> true), "k")).hasValue(2);
      assertThat(journal.locate(new Topics.Matching("b"::equals), "k")).hasValue(3);
      assertThat(journal.locate(Topics.of("a"), "l")).isEmpty();
      assertThat(journal.locate(Topics.of("none"), "k")).isEmpty();
    }
  }

  @Test
  default void aPublishersIdThatLooksLikeTheJournalsOwnLosesNothing() {
    try (var journal = open()) {
      appendWithId(journal, "t", journal.epoch() + "-5", "spoof"); // 1
      append(journal, "t", "2", "3", "4", "5", "6");
      long cursor = journal.locate(Topics.of("t"), journal.epoch() + "-5").orElseThrow();
      assertThat(cursor).isEqualTo(1);
      assertThat(texts(journal, "t", cursor)).containsExactly("2", "3", "4", "5", "6");
    }
  }

  @Test
  default void keepsLargeEventsAndRefusesLargerOnes() {
    try (var journal = open()) {
      var large = "x".repeat(1 << 20);
      append(journal, "t", "before", large, "after");
      assertThat(texts(journal, "t", 0)).containsExactly("before", large, "after");
      var read = frames(journal, Topics.of("t"), 1, 10);
      assertThat(read.bytes()).isGreaterThan(1 << 20);
      read.release();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> append(journal, "t", "x".repeat(2 << 20)));
      var longId = "i".repeat(2 << 20);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> appendWithId(journal, "t", longId, "x"));
      assertThat(journal.latest()).isEqualTo(3);
    }
  }

  @Test
  default void refusesMoreTopicsThanTheLimit() {
    var config = JournalFixture.config().withTopicsMax(2);
    try (var journal = open(config, new ManualClock(), new Random(1))) {
      append(journal, "a", "x");
      assertThatThrownBy(() ->
              journal.append(
                  new Append(List.of("b", "c"), Event.of("x"), false, Append.IdForm.PLAIN)))
          .isInstanceOf(JournalUnavailableException.class);
      append(journal, "b", "x");
      assertThatThrownBy(() -> append(journal, "c", "x"))
          .isInstanceOf(JournalUnavailableException.class);
      assertThatThrownBy(() -> journal.close("c")).isInstanceOf(JournalUnavailableException.class);
      assertThat(append(journal, "a", "x").sequence()).isEqualTo(3);
    }
  }

  @Test
  default void appendsToAllTopicsOrToNone() {
    try (var journal = open()) {
      journal.close("closed");
      var append = new Append(List.of("new", "closed"), Event.of("x"), false, Append.IdForm.PLAIN);
      assertThatThrownBy(() -> journal.append(append)).isInstanceOf(TopicClosedException.class);
      assertThat(journal.state("new")).isEmpty();
      assertThat(journal.latest()).isZero();
    }
  }
}
