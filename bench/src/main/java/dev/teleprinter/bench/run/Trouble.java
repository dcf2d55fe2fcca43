// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.EventLedger;
import dev.teleprinter.bench.load.LedgerException;
import dev.teleprinter.bench.load.Subscribers;
import dev.teleprinter.bench.load.Subscribers.Kind;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.util.List;
import java.util.Map;

/**
 * Rounds in which something goes wrong: readers stall or are dropped, the server dies. Stateless.
 */
final class Trouble {
  private static final int STALLED = 1000;
  private static final int STALLED_RECEIVE_BYTES = 4096;
  private static final int STALLED_SECONDS = 45; // the write timeout is 30
  private static final int RECOVER_SECONDS = 60;
  private static final double AWAY_SECONDS = 0.5;

  private Trouble() {}

  /** Healthy readers, then as many that read nothing any more beside them. */
  static Sample stalled(Round round) throws Exception {
    var healthy = round.readers(Kind.STEADY);
    var source = round.publishers(healthy, false);
    round.connect(healthy, round::numberLedger);
    round.connect(source);
    var process = round.server.process();
    var stalled = round.readers(new Kind(true, STALLED_RECEIVE_BYTES));
    boolean resumes = round.server.target.resumes();
    round.connect(stalled, STALLED, round::eventLedger);
    int windows = (int) (STALLED_SECONDS / round.seconds);
    double alone = round.startAndMeasure(healthy, source).of(Figure.P99);
    for (int i = 1; i < windows; i++) { // as many as beside them: the worst is of as many
      alone = Math.max(alone, round.measure(healthy, source, round.seconds).of(Figure.P99));
    }
    double rss = process.residentBytes();
    round.loop.call(() -> {
      stalled.read(false);
      return true;
    });
    var beside = new Sample(Map.of());
    double most = 0;
    double worst = 0;
    double cpu = 0;
    for (int i = 0; i < windows; i++) {
      beside = round.measure(healthy, source, round.seconds);
      most = Math.max(most, process.residentBytes());
      worst = Math.max(worst, beside.of(Figure.P99));
      cpu = Math.max(cpu, beside.of(Figure.CPU));
    }
    round.finish(healthy, source);
    var sample =
        new Sample(
            Map.of(
                Figure.P99_ALONE,
                alone,
                Figure.P99_BESIDE,
                worst,
                Figure.P99_RATIO,
                worst / alone,
                Figure.RSS_ALONE,
                rss / (1 << 20),
                Figure.RSS_MOST,
                most / (1 << 20)));
    if (!resumes) {
      return sample;
    }
    round.loop.call(() -> {
      stalled.read(true);
      return true;
    });
    round.until(
        "stalled readers exact", RECOVER_SECONDS, () -> stalled.fewest() >= source.published());
    return sample
        .with(Figure.SHED, round.loop.call(stalled::returns))
        .with(Figure.RESUMED_EXACT, STALLED);
  }

  /** All readers are dropped at once and come back by their last event's id, while events flow. */
  static Sample dropped(Round round) throws Exception {
    var readers = round.readers(Kind.RETURNING);
    var source = round.publishers(readers, false);
    round.connect(readers, round::eventLedger);
    round.connect(source);
    var calm = round.startAndMeasure(readers, source);
    long from =
        round.loop.call(() -> {
          readers.drop(0, round.plan.readers());
          return System.nanoTime();
        });
    round.until("drop", 5, () -> readers.returns() >= round.plan.readers());
    round.until("heads", RECOVER_SECONDS, () -> readers.open() == round.plan.readers());
    double heads = Round.millisSince(from);
    untilTail(round, readers, source::published);
    double tail = Round.millisSince(from);
    round.finish(readers, source);
    return new Sample(
        Map.of(
            Figure.P99,
            calm.of(Figure.P99),
            Figure.DROPPED_TO_HEADS,
            heads,
            Figure.DROPPED_TO_TAIL,
            tail));
  }

  private interface Published {
    long now();
  }

  /** All have what was published a moment ago. */
  private static void untilTail(Round round, Subscribers readers, Published published)
      throws Exception {
    long[] before = {Long.MAX_VALUE};
    round.until(
        "tail",
        RECOVER_SECONDS,
        () -> {
          boolean there = readers.fewest() >= before[0];
          before[0] = published.now();
          return there;
        });
  }

  /**
   * The server is killed under load and started again; readers and publishers come back. Half of
   * the readers have been away for a while then: they ask a new process for what an old one took.
   */
  static Sample killed(Round round) throws Exception {
    var readers = round.readers(Kind.RETURNING);
    var source = round.publishers(readers, true);
    var plan = round.plan;
    round.connect(
        readers,
        () -> EventLedger.fromFirst(plan.feedsPerReader(), plan.dataBytes(), source::isUncertain));
    round.connect(source);
    var calm = round.startAndMeasure(readers, source);
    round.loop.call(() -> {
      readers.sendAway(0, plan.readers() / 2);
      return true;
    });
    round.pause(AWAY_SECONDS);
    long from = System.nanoTime();
    round.server.kill();
    round.server.startAgain();
    double listening = Round.millisSince(from);
    round.loop.execute(readers::callBack);
    round.until("heads", RECOVER_SECONDS, () -> readers.open() == plan.readers());
    var there = round.loop.call(source::numbers);
    round.until("tail", RECOVER_SECONDS, () -> all(readers).stream().allMatch(l -> l.isAt(there)));
    double tail = Round.millisSince(from);
    round.pause(1);
    var numbers =
        round.loop.call(() -> {
          source.stop();
          return source.numbers();
        });
    round.until(
        "everything", RECOVER_SECONDS, () -> all(readers).stream().allMatch(l -> l.isAt(numbers)));
    return new Sample(
        Map.of(
            Figure.P99,
            calm.of(Figure.P99),
            Figure.KILLED_TO_LISTENING,
            listening,
            Figure.KILLED_TO_TAIL,
            tail,
            Figure.ACKNOWLEDGED_LOST,
            round
                    .loop
                    .call(() -> all(readers).stream().mapToLong(EventLedger::lost).max())
                    .orElse(0)
                + 0.0,
            Figure.GAPS_TOLD,
            (double)
                round.loop.call(() -> all(readers).stream().filter(l -> l.gaps() > 0).count())));
  }

  private static List<EventLedger> all(Subscribers readers) {
    return readers.ledgers().stream()
        .map(ledger -> {
          if (ledger instanceof EventLedger events) {
            return events;
          }
          throw new LedgerException("ledger: " + ledger + " (expected: of events)");
        })
        .toList();
  }
}
