// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is measured. */
enum Scenario {
  FANOUT_SATURATED(
      Kind.PUBLISHED,
      "Readers of one topic, published to by 100 connections as fast as the slowest reader reads",
      Plan.saturated(500, 100, 100, 4000)),
  ONE_AT_A_TIME(
      Kind.PUBLISHED,
      "Readers of one topic, with time between two events: nothing to merge",
      Plan.paced(1000, 1, 1, 100, 50)),
  TEN_THOUSAND(
      Kind.PUBLISHED, "Ten thousand readers of one topic", Plan.paced(10_000, 1, 1, 100, 4)),
  MANY_TOPICS(
      Kind.PUBLISHED,
      "As many topics as readers, one reader each",
      Plan.paced(5000, 5000, 32, 100, 10_000)),
  IDLE_MEMORY(
      Kind.IDLE, "Readers of one topic that nobody publishes to", Plan.paced(10_000, 1, 1, 100, 1)),
  RELAY(
      Kind.RELAYED,
      "Chat answers from an upstream, 30 tokens a second each, with one reader each",
      Plan.paced(1000, 1000, 1, NumberedData.BYTES_MIN, 30_000)),
  DEMO_ANSWERS(
      Kind.DEMO,
      "Chat answers of the built-in upstream, about 40 tokens a second each, one reader each",
      Plan.paced(1000, 1000, 1, NumberedData.BYTES_MIN, 1));

  final Kind kind;
  final String description;
  final Plan plan;

  Scenario(Kind kind, String description, Plan plan) {
    this.kind = kind;
    this.description = description;
    this.plan = plan;
  }

  /** Where the events come from. */
  enum Kind {
    /** From publishing connections. */
    PUBLISHED,
    /** From nowhere: memory is looked at, of a fresh server. */
    IDLE,
    /** From an upstream of ours behind the relay. */
    RELAYED,
    /** From the upstream built into the relay. */
    DEMO
  }

  /** {@return the word it is chosen by} */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return whether a target can do it} */
  boolean isFor(Target target) {
    return switch (kind) {
      case PUBLISHED, IDLE -> plan.topics() == 1 || target.hasTopics();
      case RELAYED, DEMO -> target.isRelay();
    };
  }

  /** {@return the scenario of that word} */
  static Scenario of(String word) {
    return Arrays.stream(values())
        .filter(scenario -> scenario.word().equals(word))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "scenario: %s (expected: %s)"
                    .formatted(
                        word,
                        Arrays.stream(values())
                            .map(Scenario::word)
                            .collect(Collectors.joining(", ")))));
  }
}
