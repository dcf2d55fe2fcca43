// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** What a kind of journal provides so that the contract can be held against it. */
interface JournalFixture {
  /** A new, empty journal. */
  Journal open(JournalConfig config, Clock clock, RandomGenerator random);

  /** Applies retention to every topic as of the journal's clock; waits. */
  void sweep(Journal journal);

  /** Small limits, so that tests can reach them. */
  static JournalConfig config() {
    return JournalConfig.defaults().withMemoryBytesMax(8 << 20).withFrameBytesMax(2 << 20);
  }

  default Journal open() {
    return open(config(), new ManualClock(), new Random(1));
  }

  default Journal open(Retention retention, ManualClock clock) {
    return open(config().withRetention(retention), clock, new Random(1));
  }

  /** Appends one event of type message for each text; returns the last one's result. */
  static Appended append(Journal journal, String topic, String... texts) {
    Appended last = null;
    for (var text : texts) {
      last = journal.append(Append.to(topic, Event.of(text)));
    }
    return last;
  }

  static Appended appendWithId(Journal journal, String topic, String id, String text) {
    return journal.append(Append.to(topic, Event.of(text).withId(id)));
  }

  /** Reads frames on and on after a cursor, and checks every one's framing. */
  static Transcript transcript(Journal journal, Topics topics, long after, long told) {
    var transcript = new Transcript(after);
    while (journal.read(topics, transcript.cursor(), told, 1000) instanceof Frames frames) {
      transcript.add(frames);
      frames.release();
    }
    return transcript;
  }

  /** The data of the events that reading on after a cursor finds. */
  static List<String> texts(Journal journal, Topics topics, long after) {
    return transcript(journal, topics, after, after).texts();
  }

  static List<String> texts(Journal journal, String topic, long after) {
    return texts(journal, Topics.of(topic), after);
  }

  static Frames frames(Journal journal, Topics topics, long after, int bytesMax) {
    var read = journal.read(topics, after, bytesMax);
    assertThat(read).isInstanceOf(Frames.class);
    return (Frames) read;
  }

  static Read.Gap gap(Journal journal, Topics topics, long after) {
    var read = journal.read(topics, after, 1000);
    assertThat(read).isInstanceOf(Read.Gap.class);
    return (Read.Gap) read;
  }
}
