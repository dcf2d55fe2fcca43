// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Beats by hand. Confined to one thread. */
final class ManualMetronome implements Pulse.Metronome {
  @Nullable Duration period;
  @Nullable Runnable beat;

  @Override
  public Runnable start(Duration each, Runnable action) {
    period = each;
    beat = action;
    return () -> beat = null;
  }

  void beat() {
    assertThat(beat).isNotNull();
    beat.run();
  }
}
