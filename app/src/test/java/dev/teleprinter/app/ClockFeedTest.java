// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClockFeedTest {
  private final MemoryJournal journal =
      new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(8 << 20));
  private final Clock clock = Clock.fixed(Instant.parse("2026-11-22T01:02:03Z"), ZoneOffset.UTC);
  private final ManualMetronome metronome = new ManualMetronome();
  private final ManualReaders readers = new ManualReaders();

  @BeforeEach
  void watch() {
    new ClockFeed(journal, clock, metronome).watch(readers);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void ticksOnlyWhileSomebodyReads() {
    assertThat(metronome.beat).isNull();
    readers.say(1);
    assertThat(metronome.period).isEqualTo(Duration.ofSeconds(2));
    metronome.beat();
    assertThat(events()).hasSize(1);
  }

  @Test
  void hasAllTheFieldsOfAnEventStream() {
    readers.say(1);
    metronome.beat();
    assertThat(events())
        .containsExactly(
            new Event(
                "1",
                "message",
                "{\"id\": 1795309323,\n"
                    + " \"message\": \"Good morning, Beijing time 2026-11-22 09:02:03\"}",
                2000L));
  }

  @Test
  void countsItsEventsAndGreetsNowAndThen() {
    readers.say(1);
    for (int i = 0; i < 10; i++) {
      metronome.beat();
    }
    assertThat(events())
        .extracting(Event::id)
        .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
    assertThat(events().get(5).type()).isEqualTo("greeting");
    assertThat(events().get(11).type()).isEqualTo("greeting");
  }

  @Test
  void ticksForAWhileAfterTheLastReaderLeft() {
    readers.say(1);
    readers.say(0);
    for (int i = 0; i < ClockFeed.IDLE_TICKS_MAX; i++) {
      metronome.beat();
    }
    assertThat(metronome.beat).isNotNull();
    metronome.beat();
    assertThat(metronome.beat).isNull();
    readers.say(1);
    assertThat(metronome.beat).isNotNull();
  }

  @Test
  void goesOnCountingWhereAnEarlierLifeStopped() {
    readers.say(1);
    metronome.beat();
    events();
    new ClockFeed(journal, clock, metronome).watch(readers);
    readers.say(1);
    metronome.beat();
    assertThat(events()).extracting(Event::id).containsExactly("1", "2");
  }

  private List<Event> events() {
    journal.close("sync"); // comes after all that was submitted
    return journal.list(ClockFeed.TOPIC, 0, 100).stream().map(r -> r.event()).toList();
  }
}
