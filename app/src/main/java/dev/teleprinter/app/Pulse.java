// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A beat that goes while somebody reads, and a number of beats longer. Thread-safe. */
final class Pulse {
  private final Metronome metronome;
  private final Duration period;
  private final int idleBeatsMax;
  private final Runnable beat;

  // Guarded by this.
  private int readers;
  private int idleBeats;
  private @Nullable Runnable stop;

  /** A pulse at rest. {@code beat} runs under a lock: it must not wait. */
  Pulse(Metronome metronome, Duration period, int idleBeatsMax, Runnable beat) {
    this.metronome = metronome;
    this.period = period;
    this.idleBeatsMax = idleBeatsMax;
    this.beat = beat;
  }

  /** What calls again and again. */
  @FunctionalInterface
  interface Metronome {
    /** Runs the beat now and after each period, on a thread of its own. Run the result to stop. */
    Runnable start(Duration period, Runnable beat);
  }

  /** The number of readers changed. */
  synchronized void onReaders(int count) {
    readers = count;
    if (count > 0) {
      idleBeats = 0;
      if (stop == null) {
        stop = metronome.start(period, this::beat);
      }
    }
  }

  private synchronized void beat() {
    if (readers == 0 && ++idleBeats > idleBeatsMax) {
      if (stop != null) {
        stop.run();
        stop = null;
      }
      return;
    }
    beat.run();
  }
}
