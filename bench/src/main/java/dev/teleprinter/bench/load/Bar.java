// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What Teleprinter must reach (DESIGN section 9). Immutable.
 *
 * @param scenario where it is measured
 * @param what the figure, in words
 * @param rival whose figure it is divided by; null for none
 * @param figure the figure, of which medians are taken
 * @param limit the bar
 * @param atLeast whether more is better
 */
record Bar(
    Scenario scenario,
    String what,
    @Nullable String rival,
    ToDoubleFunction<Sample> figure,
    double limit,
    boolean atLeast) {
  private static final String OURS = "teleprinter";

  static final List<Bar> ALL =
      List.of(
          atLeast(
              Scenario.FANOUT_SATURATED, "deliveries/s", "nchan", Sample::deliveriesPerSecond, 15),
          atMost(Scenario.ONE_AT_A_TIME, "CPU/delivery", "nchan", Sample::cpuMicros, 0.8),
          atMost(Scenario.ONE_AT_A_TIME, "CPU/delivery", "floor", Sample::cpuMicros, 1.3),
          atMost(Scenario.TEN_THOUSAND, "CPU/delivery", "nchan", Sample::cpuMicros, 0.8),
          atMost(Scenario.TEN_THOUSAND, "p99", "nchan", Sample::p99Micros, 1),
          atMost(
              Scenario.IDLE_MEMORY, "KiB a reader", null, sample -> sample.readerBytes() / 1024, 5),
          atMost(Scenario.RELAY, "p50, us", null, Sample::p50Micros, 1000),
          atMost(Scenario.RELAY, "p99, us", null, Sample::p99Micros, 5000),
          atMost(Scenario.RELAY, "us of CPU a token", null, Sample::cpuMicros, 25),
          atMost(Scenario.DEMO_ANSWERS, "us of CPU a token", null, Sample::cpuMicros, 25));

  private static Bar atMost(
      Scenario scenario,
      String what,
      @Nullable String rival,
      ToDoubleFunction<Sample> figure,
      double limit) {
    return new Bar(scenario, what, rival, figure, limit, false);
  }

  private static Bar atLeast(
      Scenario scenario, String what, String rival, ToDoubleFunction<Sample> figure, double limit) {
    return new Bar(scenario, what, rival, figure, limit, true);
  }

  /** {@return the bar and what was reached, in one line; null when it was not measured} */
  @Nullable String line(Map<String, Stats> of) {
    var ours = of.get(OURS);
    var theirs = rival == null ? ours : of.get(rival);
    if (ours == null || theirs == null || ours.samples().isEmpty() || theirs.samples().isEmpty()) {
      return null;
    }
    double value = ours.median(figure) / (rival == null ? 1 : theirs.median(figure));
    boolean met = atLeast ? value >= limit : value <= limit;
    return "%s: %s%s | %s %s | %s | %s"
        .formatted(
            scenario.word(),
            what,
            rival == null ? "" : " / " + rival + "'s",
            atLeast ? ">=" : "<=",
            Report.number(limit),
            Report.number(value),
            met ? "met" : "MISSED");
  }
}
