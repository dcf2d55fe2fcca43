// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class DoctorFeedsTest {
  private final Clock clock = Clock.fixed(Instant.parse("2026-11-22T01:02:03Z"), ZoneOffset.UTC);
  private final ManualMetronome metronome = new ManualMetronome();
  private final ManualReaders readers = new ManualReaders();

  @Test
  void tellsItsTimeTenTimesASecondWhileSomebodyReads() {
    try (var journal = new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(8 << 20))) {
      new DoctorFeeds(journal, clock, metronome, Duration.ofSeconds(15)).watch(readers);
      assertThat(metronome.beat).as("nobody reads").isNull();
      readers.say(1);
      assertThat(metronome.period).isEqualTo(Duration.ofMillis(100));
      metronome.beat();
      readers.say(0);
      for (int i = 0; i < 20; i++) {
        metronome.beat();
      }
      metronome.beat();
      assertThat(metronome.beat).as("two seconds later").isNull();
      journal.close("sync"); // comes after all that was submitted
      var ticks = journal.list("/doctor/ticks", 0, 100);
      assertThat(ticks).hasSize(21);
      assertThat(ticks.getFirst().event().data()).isEqualTo("{\"at\":1795309323000}");
    }
  }
}
