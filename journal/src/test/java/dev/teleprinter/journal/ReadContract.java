// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.frames;
import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cursors over one topic, its end, and what is said of it. */
interface ReadContract extends JournalFixture {
  @Test
  default void readsWhatIsAfterACursor() {
    try (var journal = open()) {
      append(journal, "t", "1", "2");
      append(journal, "u", "3");
      append(journal, "t", "4");
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2", "4");
      assertThat(texts(journal, "t", 1)).containsExactly("2", "4");
      assertThat(texts(journal, "t", 2)).containsExactly("4");
      assertThat(texts(journal, "t", 3)).containsExactly("4");
      assertThat(texts(journal, "t", 4)).isEmpty();
      assertThat(texts(journal, "t", 400)).isEmpty();
      assertThat(texts(journal, "t", Long.MAX_VALUE)).isEmpty();
    }
  }

  @Test
  default void waitsAtTheTail() {
    try (var journal = open()) {
      append(journal, "t", "1");
      assertThat(journal.read(Topics.of("t"), 1, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.read(Topics.of("to come"), 0, 1000)).isEqualTo(Read.AT_TAIL);
      assertThat(journal.read(Topics.of("to come"), 1, 1000)).isEqualTo(Read.AT_TAIL);
      append(journal, "to come", "2");
      assertThat(texts(journal, "to come", 1)).containsExactly("2");
    }
  }

  @Test
  default void honoursBytesMaxButGivesOneFrame() {
    try (var journal = open()) {
      append(journal, "t", "1", "2", "3", "4", "5");
      var one = frames(journal, Topics.of("t"), 0, 1);
      assertThat(one.through()).isEqualTo(1);
      int frameBytes = one.bytes();
      one.release();
      for (int bytesMax = 1; bytesMax < 5 * frameBytes + 2; bytesMax++) {
        var read = frames(journal, Topics.of("t"), 0, bytesMax);
        assertThat(read.bytes()).isBetween(frameBytes, Math.max(bytesMax, frameBytes));
        assertThat(read.more()).isEqualTo(read.through() < 5);
        read.release();
      }
    }
  }

  @Test
  default void saysTruthfullyWhetherThereIsMore() {
    try (var journal = open()) {
      append(journal, "t", "1");
      var atTail = frames(journal, Topics.of("t"), 0, 1000);
      assertThat(atTail.more()).isFalse();
      atTail.release();
      journal.close("t");
      var beforeTheEnd = frames(journal, Topics.of("t"), 0, 1000);
      assertThat(beforeTheEnd.more()).isTrue();
      beforeTheEnd.release();
    }
  }

  @Test
  default void findsEveryCursorOfALongTopic() {
    try (var journal = open()) {
      int events = 3000;
      for (int i = 1; i < events; i++) {
        journal.submit(Append.to("t", Event.of("x".repeat(i % 97))));
      }
      append(journal, "t", "last");
      for (int after = 0; after < events; after++) {
        var read = frames(journal, Topics.of("t"), after, 1);
        assertThat(read.through()).isEqualTo(after + 1);
        assertThat(read.more()).isEqualTo(after + 1 < events);
        read.release();
      }
    }
  }

  @Test
  default void endsWhenAClosedTopicIsRead() {
    try (var journal = open()) {
      append(journal, "t", "1");
      journal.append(Append.to("t", Event.of("2")).andClose());
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2");
      assertThat(journal.read(Topics.of("t"), 2, 1000)).isEqualTo(Read.ENDED);
      assertThat(journal.state("t").orElseThrow().closed()).isTrue();
    }
  }

  @Test
  default void closesIdempotentlyAndRefusesAppendsAfterwards() {
    try (var journal = open()) {
      append(journal, "t", "1");
      journal.close("t");
      journal.close("t");
      assertThatThrownBy(() -> append(journal, "t", "2")).isInstanceOf(TopicClosedException.class);
      var submitted = journal.submit(Append.to("t", Event.of("3")));
      assertThatThrownBy(submitted::join).hasCauseInstanceOf(TopicClosedException.class);
      assertThat(journal.latest()).isEqualTo(1);
      assertThat(append(journal, "u", "next").sequence()).isEqualTo(2);
    }
  }

  @Test
  default void aTopicClosedBeforeItsFirstEventIsEmptyAndEnded() {
    try (var journal = open()) {
      journal.close("t");
      assertThat(journal.read(Topics.of("t"), 0, 1000)).isEqualTo(Read.ENDED);
      assertThat(journal.state("t")).hasValue(new TopicState("t", 0, 0, 0, 0, 0, true));
      assertThatThrownBy(() -> append(journal, "t", "2")).isInstanceOf(TopicClosedException.class);
      assertThatIllegalArgumentException().isThrownBy(() -> journal.close(""));
    }
  }

  @Test
  default void listsEventsDecoded() {
    try (var journal = open()) {
      for (int i = 1; i <= 500; i++) {
        journal.append(Append.to("t", new Event("id" + i, "type", "x".repeat(1000) + i, 7L)));
      }
      assertThat(journal.list("t", 100, 300)).hasSize(300);
      assertThat(journal.list("t", 498, 300))
          .containsExactly(
              new Journal.Recorded(499, new Event("id499", "type", "x".repeat(1000) + "499", 7L)),
              new Journal.Recorded(500, new Event("id500", "type", "x".repeat(1000) + "500", 7L)));
      assertThat(journal.list("t", 0, 0)).isEmpty();
      assertThat(journal.list("none", 0, 10)).isEmpty();
    }
  }

  @Test
  default void tellsTheStateOfEachTopic() {
    try (var journal = open()) {
      assertThat(journal.states()).isEmpty();
      append(journal, "a", "1");
      append(journal, "b", "2");
      append(journal, "a", "3");
      var wire = frames(journal, Topics.of("a"), 0, 1000);
      assertThat(journal.state("a")).hasValue(new TopicState("a", 1, 3, 2, wire.bytes(), 2, false));
      wire.release();
      assertThat(journal.states()).extracting(TopicState::name).containsExactlyInAnyOrder("a", "b");
      assertThat(journal.state("c")).isEmpty();
      assertThat(journal.states(List.of("b", "c", "a")))
          .extracting(TopicState::name)
          .containsExactly("b", "a");
      assertThat(journal.newestTopics(5)).containsExactly("a", "b");
      assertThat(journal.newestTopics(1)).containsExactly("a");
    }
  }

  @Test
  default void findsEventsByTheirPlaceInTheTopic() {
    try (var journal = open()) {
      append(journal, "t", "1");
      append(journal, "u", "2");
      append(journal, "t", "3");
      assertThat(journal.sequenceAt("t", 0)).hasValue(1);
      assertThat(journal.sequenceAt("t", 1)).hasValue(3);
      assertThat(journal.sequenceAt("t", 2)).isEmpty();
      assertThat(journal.sequenceAt("t", -1)).isEmpty();
      assertThat(journal.sequenceAt("none", 0)).isEmpty();
    }
  }

  @Test
  default void tellsListenersOnceForABatchAfterReadersCanSeeIt() {
    try (var journal = open()) {
      var told = new ArrayList<String>();
      var seen = new ArrayList<Read>();
      journal.onAppend(topics -> {
        told.addAll(topics);
        seen.add(journal.read(Topics.of(topics.get(0)), journal.latest() - 1, 1000));
      });
      append(journal, "t", "1");
      journal.close("t");
      journal.close("t"); // no news
      assertThat(told).containsExactly("t", "t");
      assertThat(seen.get(0)).isInstanceOf(Frames.class);
      ((Frames) seen.get(0)).release();
      ((Frames) seen.get(1)).release();
    }
  }

  @Test
  default void outlivesAListenerThatFails() {
    try (var journal = open()) {
      var told = new ArrayList<List<String>>();
      journal.onAppend(
          new Journal.AppendListener() {
            @Override
            public void onAppend(List<String> topics) {
              throw new AssertionError("a bug in a listener");
            }

            @Override
            public void onTurnOver() {
              throw new AssertionError("another bug in a listener");
            }
          });
      journal.onAppend(topics -> told.add(List.copyOf(topics)));
      append(journal, "t", "1", "2");
      assertThat(told).containsExactly(List.of("t"), List.of("t"));
    }
  }

  @Test
  default void framesAreHeldUntilTheLastRelease() {
    try (var journal = open()) {
      append(journal, "t", "1");
      var read = frames(journal, Topics.of("t"), 0, 1000);
      read.retain();
      read.release();
      assertThat(new Transcript(0)).satisfies(transcript -> transcript.add(read));
      read.release();
      assertThatIllegalStateException().isThrownBy(read::release);
      assertThat(texts(journal, "t", 0)).containsExactly("1");
    }
  }
}
