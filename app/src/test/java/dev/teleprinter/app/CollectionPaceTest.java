// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectionPaceTest {
  private final FakeCollector collector = new FakeCollector();
  private int searches;
  private long usedMib;
  private final CollectionPace pace =
      new CollectionPace(
          () -> usedMib << 20,
          () -> {
            searches++;
            return collector;
          });

  @ParameterizedTest
  @CsvSource({"0, 0", "64, 0", "65, 120", "128, 240", "400, 750", "960, 1800", "1536, 1800"})
  void pausesForLongerTheMoreIsInUse(long mib, long seconds) {
    assertThat(CollectionPace.pause(mib << 20)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void looksForNoCollectorWhileTheHeapIsSmall() {
    beats(100, 64);
    assertThat(searches).isZero();
    beats(100, 65);
    assertThat(searches).isEqualTo(1);
  }

  @Test
  void pausesWhenNothingWasFreedFromOneCycleToTheNext() {
    beats(10, 300);
    cycleTo(299);
    beats(10, 299); // what the cycle has found may be collected yet
    assertThat(collector.isPaused).isFalse();
    cycleTo(298);
    assertThat(collector.isPaused).isTrue();
    assertThat(collector.pauses).isEqualTo(1);
  }

  @Test
  void goesOnWhileCyclesFreeMemory() {
    beats(1, 300);
    for (int mib = 250; mib > 130; mib -= 40) {
      cycleTo(mib);
      assertThat(collector.isPaused).isFalse();
    }
    cycleTo(165);
    assertThat(collector.isPaused).isTrue();
  }

  @Test
  void neverPausesASmallHeap() {
    beats(1, 66);
    cycleTo(60);
    cycleTo(60);
    assertThat(collector.isPaused).isFalse();
  }

  @Test
  void resumesWhenItsTimeHasPassed() {
    pauseAt(160);
    beats(19, 160);
    assertThat(collector.isPaused).isTrue();
    beats(1, 160); // twenty times 15 s
    assertThat(collector.isPaused).isFalse();
    cycleTo(160); // one is enough, as nothing happened
    assertThat(collector.isPaused).isTrue();
  }

  @Test
  void resumesAtOnceWhenSomethingHappens() {
    pauseAt(300);
    beats(1, 304);
    assertThat(collector.isPaused).isTrue();
    beats(1, 305); // more than it was when the pause began
    assertThat(collector.isPaused).isFalse();

    pauseAt(305);
    collector.collections++; // what was allocated is collected already
    beats(1, 305);
    assertThat(collector.isPaused).isFalse();
  }

  @Test
  void resumesWhenTheHeapHasBecomeSmall() {
    pauseAt(300);
    beats(1, 40);
    assertThat(collector.isPaused).isFalse();
  }

  @Test
  void waitsForACycleOfItsOwnAfterAPause() {
    pauseAt(300);
    collector.cycle(); // by the collector's own decision
    beats(3, 320);
    assertThat(collector.isPaused).isFalse();
  }

  private void pauseAt(long mib) {
    beats(1, mib);
    cycleTo(mib);
    cycleTo(mib);
    assertThat(collector.isPaused).isTrue();
  }

  private void cycleTo(long mib) {
    collector.cycle();
    beats(1, mib);
  }

  private void beats(int count, long mib) {
    usedMib = mib;
    for (int i = 0; i < count; i++) {
      pace.run();
    }
  }

  private static final class FakeCollector implements CollectionPace.Collector {
    private long cycles;
    private long collections;
    private int pauses;
    private boolean isPaused;

    void cycle() {
      cycles++;
      collections++;
    }

    @Override
    public long cycles() {
      return cycles;
    }

    @Override
    public long collections() {
      return collections;
    }

    @Override
    public void pause() {
      pauses++;
      isPaused = true;
    }

    @Override
    public void resume() {
      isPaused = false;
    }
  }
}
