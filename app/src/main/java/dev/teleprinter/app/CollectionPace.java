// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the collector's periodic cycles run. Each looks at all that lives, so with a large heap
 * they cost most of what a server at rest does. They pause when the last one freed next to nothing,
 * until something happens or a time passes that grows with the heap (docs/decisions/0020).
 *
 * <p>Confined to the thread that runs the beat.
 */
final class CollectionPace implements Runnable {
  /** How often to look: as often as cycles run. */
  static final Duration PERIOD = Duration.ofSeconds(15);

  /** A heap in use up to here is never at rest: its cycles cost next to nothing. */
  static final long SMALL_BYTES = 64L << 20;

  /** A cycle costs some 6 ms of CPU for as much: 0.04 % of a core. */
  private static final long BYTES_EACH_PERIOD = 8L << 20;

  private static final Duration PAUSE_MAX = Duration.ofMinutes(30);
  private static final long ACTIVITY_BYTES = 4L << 20;
  private static final long WORTHWHILE_BYTES = 8L << 20;

  private final LongSupplier usedBytes;
  private final Collector.Source source;
  private @Nullable Collector collector; // looked for when it is first needed

  private boolean pausing;
  private long cycles; // as of the last look
  private long usedAfterCycle = Long.MAX_VALUE; // unknown
  private long collectionsBeforePause;
  private long pausedBeats;

  CollectionPace(LongSupplier usedBytes, Collector.Source source) {
    this.usedBytes = usedBytes;
    this.source = source;
  }

  /** {@return the pace of this process's collector} */
  static CollectionPace ofProcess() {
    var runtime = Runtime.getRuntime();
    return new CollectionPace(
        () -> runtime.totalMemory() - runtime.freeMemory(), PeriodicCycles::ofProcess);
  }

  /** A collector whose periodic cycles can be paused. */
  interface Collector {
    /** {@return how many concurrent cycles have ended} */
    long cycles();

    /** {@return how many collections there were, cycles and others} */
    long collections();

    void pause();

    void resume();

    /** Looks for the collector: which takes time, so only when there is a use for it. */
    @FunctionalInterface
    interface Source {
      /** {@return one that does nothing when there are no cycles to pause} */
      Collector find();
    }
  }

  /** {@return how long cycles pause with so much in use and nothing happening} */
  static Duration pause(long usedBytes) {
    if (usedBytes <= SMALL_BYTES) {
      return Duration.ZERO;
    }
    long periods = usedBytes / BYTES_EACH_PERIOD;
    return PERIOD.multipliedBy(Math.min(periods, PAUSE_MAX.dividedBy(PERIOD)));
  }

  @Override
  public void run() {
    long now = usedBytes.getAsLong();
    if (collector == null) {
      if (now <= SMALL_BYTES) {
        return; // a small server does not load what it takes to look
      }
      collector = source.find();
      cycles = collector.cycles();
    } else if (pausing) {
      maybeResume(collector, now);
    } else {
      maybePause(collector, now);
    }
  }

  private void maybePause(Collector of, long now) {
    long before = cycles;
    cycles = of.cycles();
    if (cycles == before || now <= SMALL_BYTES) {
      return;
    }
    // From cycle to cycle: what one has found is collected by the collections after it.
    boolean freed = usedAfterCycle - now > Math.max(WORTHWHILE_BYTES, usedAfterCycle / 8);
    usedAfterCycle = now;
    if (!freed) {
      collectionsBeforePause = of.collections();
      pausedBeats = 0;
      pausing = true;
      of.pause();
    }
  }

  private void maybeResume(Collector of, long now) {
    pausedBeats++;
    boolean isActive =
        now - usedAfterCycle > ACTIVITY_BYTES || of.collections() != collectionsBeforePause;
    if (isActive) {
      usedAfterCycle = Long.MAX_VALUE;
    }
    if (isActive || PERIOD.multipliedBy(pausedBeats).compareTo(pause(now)) >= 0) {
      cycles = of.cycles();
      pausing = false;
      of.resume();
    }
  }
}
