// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random histories: the journal and a naive model of it find the same. */
interface ModelContract extends JournalFixture {
  /** How many random histories. */
  default int histories() {
    return 300;
  }

  @Test
  @Timeout(120)
  default void findsWhatANaiveModelFinds() {
    for (int seed = 1; seed <= histories(); seed++) {
      var history = new History(this, seed);
      try {
        history.run(120);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", step " + history.step, e);
      } finally {
        history.journal.close();
      }
    }
  }

  /** One random history. */
  final class History {
    private static final List<String> NAMES = List.of("a", "b", "c", "x/1", "x/2", "x/3");

    private static final Condition<Read> NEWS =
        new Condition<>(read -> !(read instanceof Read.AtTail), "news");
    private static final Condition<Read> NO_NEWS =
        new Condition<>(read -> read instanceof Read.AtTail || read instanceof Read.Gap, "no news");

    private final JournalFixture fixture;
    private final Random random;
    private final ManualClock clock = new ManualClock();
    private final JournalModel model;
    final Journal journal;
    int step;

    History(JournalFixture fixture, int seed) {
      this.fixture = fixture;
      this.random = new Random(seed);
      var few = new Retention(4, 2000, Duration.ofSeconds(20), Duration.ofSeconds(6));
      var many = new Retention(1000, 1 << 20, Duration.ofSeconds(40), Duration.ofSeconds(10));
      var config =
          JournalFixture.config()
              .withRetention(many)
              .withRules(List.of(new JournalConfig.Rule("x/*", few)));
      this.model = new JournalModel(config);
      this.journal = fixture.open(config, clock, random);
    }

    void run(int steps) {
      for (step = 1; step <= steps; step++) {
        switch (random.nextInt(10)) {
          case 0 -> {
            int seconds = random.nextInt(8);
            clock.pass(Duration.ofSeconds(seconds));
            model.seconds += seconds;
            fixture.sweep(journal);
            model.sweep();
          }
          case 1 -> {
            if (random.nextInt(3) == 0) {
              var name = oneOf(NAMES);
              journal.close(name);
              model.close(name);
            }
          }
          case 2, 3, 4 -> read();
          case 5 -> compareStates();
          default -> append();
        }
      }
    }

    private void append() {
      var topics = someNames(3);
      var id = random.nextInt(3) == 0 ? "id" + random.nextInt(12) : null;
      var text = "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 3000 : 300));
      boolean closing = random.nextInt(12) == 0;
      var event = new Event(id, Event.MESSAGE, text, null);
      var append = new Append(topics, event, closing, Append.IdForm.PLAIN);
      int block =
          EventEncoder.encode(
                  event.withId(id == null ? journal.epoch() + "-" + (model.latest + 1) : id))
              .length;
      int wire = Integer.toHexString(block).length() + 2 + block + 2;
      long expected = model.append(topics, id, text, wire, closing);
      try {
        var appended = journal.append(append);
        assertThat(appended.duplicate() ? -appended.sequence() : appended.sequence())
            .isEqualTo(expected);
      } catch (TopicClosedException e) {
        assertThat(expected).isZero();
      }
      assertThat(journal.latest()).isEqualTo(model.latest);
    }

    private void read() {
      Topics topics =
          switch (random.nextInt(4)) {
            case 0, 1 -> Topics.of(oneOf(NAMES));
            case 2 -> Topics.of(someNames(4));
            default -> {
              var prefix = random.nextBoolean() ? "x/" : "";
              yield new Topics.Matching(name -> name.startsWith(prefix));
            }
          };
      long after = random.nextLong(model.latest + 2);
      long told = random.nextInt(3) == 0 ? random.nextLong(model.latest + 2) : after;
      var transcript = new Transcript(after);
      var read = journal.read(topics, after, told, bytesMax());
      while (read instanceof Frames frames) {
        var expected = model.read(topics, transcript.cursor(), told);
        int before = transcript.frames().size();
        transcript.add(frames);
        boolean more = frames.more();
        frames.release();
        int found = transcript.frames().size() - before;
        assertThat(expected.sequences()).hasSizeGreaterThanOrEqualTo(found);
        assertThat(transcript.sequences().subList(before, before + found))
            .isEqualTo(expected.sequences().subList(0, found));
        assertThat(transcript.texts().subList(before, before + found))
            .isEqualTo(expected.texts().subList(0, found));
        read = journal.read(topics, transcript.cursor(), told, bytesMax());
        assertThat(read).is(more ? NEWS : NO_NEWS);
      }
      var expected = model.read(topics, transcript.cursor(), told);
      assertThat(expected.sequences()).isEmpty();
      assertThat(read).isEqualTo(expected.last());
    }

    private int bytesMax() {
      return 1 + random.nextInt(random.nextBoolean() ? 200 : 5000);
    }

    private void compareStates() {
      for (var name : NAMES) {
        if (!model.topics.containsKey(name)) {
          assertThat(journal.state(name)).isEmpty();
          continue;
        }
        var state = model.state(name);
        assertThat(journal.state(name)).hasValue(state);
        var kept = model.topics.get(name).kept;
        for (int i = -1; i <= kept.size(); i++) {
          var sequence = journal.sequenceAt(name, state.appended() - kept.size() + i);
          assertThat(sequence.orElse(0))
              .isEqualTo(i < 0 || i == kept.size() ? 0 : kept.get(i).sequence());
        }
      }
      var states = model.topics.keySet().stream().map(model::state).toList();
      assertThat(journal.totals())
          .isEqualTo(
              new JournalTotals(
                  states.size(),
                  states.stream().filter(TopicState::closed).count(),
                  states.stream().mapToLong(TopicState::events).sum(),
                  states.stream().mapToLong(TopicState::bytes).sum()));
      var id = "id" + random.nextInt(12);
      var names = someNames(3);
      long located = journal.locate(Topics.of(names), id).orElse(0);
      assertThat(names.stream().map(name -> model.sequenceOf(name, id))).contains(located);
    }

    private List<String> someNames(int max) {
      var shuffled = new ArrayList<>(NAMES);
      Collections.shuffle(shuffled, random);
      return List.copyOf(shuffled.subList(0, 1 + random.nextInt(max)));
    }

    private <T> T oneOf(List<T> from) {
      return from.get(random.nextInt(from.size()));
    }
  }
}
