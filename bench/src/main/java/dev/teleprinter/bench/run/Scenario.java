// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.NumberedData;
import dev.teleprinter.bench.load.Plan;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.servers.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is measured. */
enum Scenario {
  FANOUT_SATURATED(
      "Readers of one topic, published to as fast as the slowest reader reads",
      Plan.saturated(500, 100, 100, 4000),
      Scripts::published,
      Figure.DELIVERIES_PER_CPU,
      Rivals.ALL),
  FANOUT_1K(
      "The same with events of 1 KiB",
      Plan.saturated(500, 100, 1024, 1000),
      Scripts::published,
      Figure.DELIVERIES_PER_CPU,
      Rivals.FEW),
  FANOUT_16K(
      "The same with events of 16 KiB",
      Plan.saturated(500, 50, 16_384, 200),
      Scripts::published,
      Figure.DELIVERIES_PER_CPU,
      Rivals.FEW),
  ONE_AT_A_TIME(
      "Readers of one topic, with time between two events: nothing to merge",
      Plan.paced(1000, 1, 1, 100, 50),
      Scripts::published,
      Figure.CPU,
      Rivals.ALL),
  ONE_1K(
      "The same with events of 1 KiB",
      Plan.paced(1000, 1, 1, 1024, 50),
      Scripts::published,
      Figure.CPU,
      Rivals.FEW),
  ONE_16K(
      "The same with events of 16 KiB",
      Plan.paced(1000, 1, 1, 16_384, 10),
      Scripts::published,
      Figure.CPU,
      Rivals.FEW),
  TEN_THOUSAND(
      "Ten thousand readers of one topic",
      Plan.paced(10_000, 1, 1, 100, 4),
      Scripts::published,
      Figure.CPU,
      Rivals.FEW),
  MANY_TOPICS(
      "As many topics as readers, one reader each",
      Plan.paced(5000, 5000, 32, 100, 10_000),
      Scripts::published,
      Figure.CPU,
      List.of("teleprinter", "nchan", "mercure", "node")),
  TOPICS_PER_READER(
      "Readers of many topics each",
      Plan.paced(1000, 1000, 8, 100, 1000).withTopicsPerReader(50),
      Scripts::published,
      Figure.CPU,
      List.of("teleprinter", "nchan", "mercure", "node")),
  LOOPS(
      "Saturated fan-out on one core and on two, which are then shared with the load generator",
      Plan.saturated(500, 100, 100, 4000),
      Scripts::published,
      Figure.DELIVERIES_PER_CPU,
      List.of("teleprinter", "teleprinter-2", "nchan", "nchan-2")),
  HTTP2(
      "Readers of one topic over HTTP/2, 500 on a connection, beside HTTP/1.1",
      Plan.paced(1000, 1, 1, 100, 50),
      Scripts::published,
      Figure.CPU,
      List.of("teleprinter", "teleprinter-h2c", "teleprinter-tls", "teleprinter-h2")),
  HTTP2_SATURATED(
      "The same, saturated",
      Plan.saturated(500, 100, 100, 4000),
      Scripts::published,
      Figure.DELIVERIES_PER_CPU,
      List.of("teleprinter", "teleprinter-h2c", "teleprinter-tls", "teleprinter-h2")),
  TLS(
      "Readers of one topic over TLS 1.3, HTTP/1.1, one event at a time",
      Plan.paced(1000, 1, 1, 100, 25),
      Scripts::published,
      Figure.CPU,
      List.of("teleprinter-tls", "nchan-tls")),
  IDLE(
      "Readers of one topic that nobody publishes to: memory",
      Plan.paced(10_000, 1, 1, 100, 10),
      Scripts::idle,
      Figure.RSS_PER_READER,
      Rivals.FEW),
  SLOW(
      "As many readers that stop reading beside 1,000 healthy ones",
      Plan.paced(1000, 1, 1, 1024, 25),
      Trouble::stalled,
      Figure.P99_BESIDE,
      List.of("teleprinter", "nchan", "mercure", "node")),
  CHURN(
      "Readers of one topic, and visitors who connect, read and leave beside them",
      Plan.paced(1000, 1, 1, 100, 25),
      Scripts::churning,
      Figure.P99,
      Rivals.FEW),
  STORM(
      "All readers are dropped at once and come back by Last-Event-ID while events flow",
      Plan.paced(2000, 1, 1, 100, 20),
      Trouble::dropped,
      Figure.DROPPED_TO_TAIL,
      List.of("teleprinter", "nchan", "mercure-bolt")),
  KILL(
      "The server is killed and started again under load, half of the readers away just then",
      Plan.paced(1000, 1, 4, 100, 40),
      Trouble::killed,
      Figure.KILLED_TO_TAIL,
      List.of("teleprinter", "teleprinter-memory")),
  RESUME(
      "A reader comes back to an answer of 1,000 events of which it has the first",
      Plan.paced(1, 1, 1, 100, 1),
      Replay::replayed,
      Figure.FIRST_BYTE,
      List.of("teleprinter", "nchan", "mercure-bolt")),
  DURABLE(
      "Publishers that wait until each event is forced to the disk, by turns with a bare force"
          + " loop",
      Plan.paced(1, 1, 32, 200, 1),
      Durable::published,
      Figure.PUBLISHED_P99,
      List.of("teleprinter-always")),
  START(
      "A server is started with nothing kept: from exec to the first event, over HTTP",
      Plan.paced(1, 1, 1, 100, 1),
      Starts::started,
      Figure.STARTED,
      List.of("teleprinter", "teleprinter-2", "nchan", "node", "spring-webflux")),
  RELAY(
      "Chat answers from an upstream, 30 tokens a second each, one reader each",
      Plan.paced(1000, 1000, 1, NumberedData.BYTES_MIN, 30_000),
      Scripts::relayed,
      Figure.CPU,
      Rivals.RELAYS),
  RELAY_ANEW(
      "The same with answers of 150 to 450 tokens: at the end of each its reader asks again",
      Plan.paced(1000, 1000, 1, NumberedData.BYTES_MIN, 30_000),
      Scripts::relayedAnew,
      Figure.CPU,
      Rivals.RELAYS),
  DEMO_ANSWERS(
      "Chat answers of the built-in upstream, about 40 tokens a second each, one reader each",
      Plan.paced(1000, 1000, 1, NumberedData.BYTES_MIN, 1),
      Scripts::demo,
      Figure.CPU,
      List.of("teleprinter"));

  /** Who is measured where nothing else is said. */
  private static final class Rivals {
    private static final List<String> FEW =
        List.of("teleprinter", "nchan", "mercure", "node", "floor");
    private static final List<String> RELAYS =
        List.of("teleprinter", "nginx-relay", "node-relay", "floor-relay");
    private static final List<String> ALL =
        List.of(
            "teleprinter",
            "nchan",
            "mercure",
            "centrifugo",
            "node",
            "spring-mvc",
            "spring-webflux",
            "floor");
  }

  final String description;
  final Plan plan;
  final Script script;
  final Figure headline;
  final List<String> targets;

  Scenario(String description, Plan plan, Script script, Figure headline, List<String> targets) {
    this.description = description;
    this.plan = plan;
    this.script = script;
    this.headline = headline;
    this.targets = targets;
  }

  /** {@return the word it is chosen by} */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** {@return why a target cannot do it; empty when it can} */
  String unfitness(Target target) {
    boolean relayed = this == RELAY || this == RELAY_ANEW || this == DEMO_ANSWERS;
    if (relayed ? !target.isRelay() : !target.isHub()) {
      return relayed ? "does not answer chats" : "only relays";
    }
    if (plan.topics() > 1 && !relayed && !target.hasTopics()) {
      return "has no topics";
    }
    boolean resuming = this == STORM || this == RESUME || this == KILL;
    return resuming && !target.resumes() ? "keeps no history to resume from" : "";
  }

  /** {@return whether each round has a server of its own} */
  boolean isOnFreshServers() {
    return this == IDLE || this == KILL;
  }

  /** {@return whether a round takes its own time, and one is enough} */
  boolean isLong() {
    return this == IDLE || this == SLOW || this == START;
  }

  /** {@return what warms a server up for it} */
  Script warmUp() {
    return switch (this) {
      case SLOW -> Scripts::churning; // who first comes back has the runtime compile the pass anew
      case RELAY -> Scripts::relayedAnew;
      case RELAY_ANEW, DEMO_ANSWERS, RESUME, START, DURABLE -> script;
      default -> Scripts::published;
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
