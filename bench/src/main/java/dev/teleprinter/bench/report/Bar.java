// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Teleprinter must reach. Immutable.
 *
 * @param what the figure, in words
 * @param scenario where it is measured
 * @param ours the target whose figure it is
 * @param figure medians are taken of it
 * @param rival whose figure it is divided by; null for none
 * @param limit the bar
 * @param atLeast whether more is better
 */
record Bar(
    String what,
    String scenario,
    String ours,
    Figure figure,
    @Nullable String rival,
    double limit,
    boolean atLeast) {
  private static final String OURS = "teleprinter";

  /** Those of the design's section 9 that are about delivery, and of issue 3. */
  static final List<Bar> ALL =
      List.of(
          new Bar(
              "saturated fan-out, 500 readers, 100 B: deliveries per CPU second, times nchan's",
              "fanout-saturated",
              OURS,
              Figure.DELIVERIES_PER_CPU,
              "nchan",
              15,
              true),
          times("one event at a time, 1,000 readers: CPU", "one-at-a-time", "nchan", 0.8),
          times("one event at a time, 1,000 readers: CPU", "one-at-a-time", "floor", 1.3),
          times("10,000 readers, 4 events/s: CPU", "ten-thousand", "nchan", 0.8),
          new Bar(
              "10,000 readers, 4 events/s: p99, times nchan's",
              "ten-thousand",
              OURS,
              Figure.P99,
              "nchan",
              1,
              false),
          most("10,000 idle connections: KiB of RSS each", "idle", Figure.RSS_PER_READER, 5),
          new Bar(
              "durable publish, always, 32 publishers: p99 beyond the disk's own force, ms",
              "durable",
              "teleprinter-always",
              Figure.BEYOND_FORCE,
              null,
              10,
              false),
          most("relay, 1,000 answers: p50, us", "relay", Figure.P50, 1000),
          most("relay, 1,000 answers: p99, us", "relay", Figure.P99, 5000),
          most("relay, 1,000 answers: us of CPU a token", "relay", Figure.CPU, 25),
          most("resume of 1,000 events: ms to the first byte", "resume", Figure.FIRST_BYTE, 5),
          most("start to the first event, one core: ms", "start", Figure.STARTED, 600),
          new Bar(
              "start to the first event, two cores: ms",
              "start",
              "teleprinter-2",
              Figure.STARTED,
              null,
              600,
              false),
          most(
              "kill -9 under load: acknowledged events missing",
              "kill",
              Figure.ACKNOWLEDGED_LOST,
              0),
          most("1,000 stalled readers: healthy p99, times", "slow", Figure.P99_RATIO, 1.2),
          new Bar(
              "HTTP/2: CPU a delivery, times HTTP/1.1's",
              "http2",
              "teleprinter-h2c",
              Figure.CPU,
              OURS,
              1.6,
              false),
          new Bar(
              "two loops: deliveries/s, times one loop's",
              "loops",
              "teleprinter-2",
              Figure.DELIVERIES,
              OURS,
              1.7,
              true),
          new Bar(
              "two loops: deliveries per CPU second, times one loop's (2 x 0.85 = 1.7)",
              "loops",
              "teleprinter-2",
              Figure.DELIVERIES_PER_CPU,
              OURS,
              0.85,
              true));

  private static Bar times(String what, String scenario, String rival, double limit) {
    return new Bar(
        what + " a delivery, times " + rival + "'s",
        scenario,
        OURS,
        Figure.CPU,
        rival,
        limit,
        false);
  }

  private static Bar most(String what, String scenario, Figure figure, double limit) {
    return new Bar(what, scenario, OURS, figure, null, limit, false);
  }

  /** {@return what was reached; NaN when it was not measured} */
  double reached(Results results) {
    double value = median(results, ours, figure);
    return rival == null ? value : value / median(results, rival, figure);
  }

  private double median(Results results, String target, Figure of) {
    var measured = results.scenarios().get(scenario);
    var outcome = measured == null ? null : measured.targets().get(target);
    return outcome == null ? Double.NaN : outcome.median(of);
  }

  boolean isMet(double reached) {
    return atLeast ? reached >= limit : reached <= limit;
  }
}
