// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/** What is measured. */
enum Scenario {
  FANOUT_SATURATED(
      "500 readers of one topic, 100 B, published to as fast as the slowest reader reads",
      Plan.saturated(500, 32, 100, 1000)),
  ONE_AT_A_TIME(
      "1,000 readers of one topic, 100 B, 50 events/s: nothing to merge",
      Plan.paced(1000, 1, 1, 100, 50)),
  TEN_THOUSAND("10,000 readers of one topic, 100 B, 4 events/s", Plan.paced(10_000, 1, 1, 100, 4)),
  MANY_TOPICS(
      "5,000 topics with one reader each, 100 B, 4 events/s each",
      Plan.paced(5000, 5000, 32, 100, 20_000));

  final String description;
  final Plan plan;

  Scenario(String description, Plan plan) {
    this.description = description;
    this.plan = plan;
  }

  /** {@return the word it is chosen by} */
  String word() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
