// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What was measured, printed as it comes and written at the end. Confined to the main thread. */
final class Report {
  private static final String HEAD =
      "| | deliveries/s | us of CPU a delivery (least) | server's core | taken by others | load"
          + " generator | p50 | p99 | p99.9 | RSS MiB | KiB a reader |\n"
          + "|---|---|---|---|---|---|---|---|---|---|---|\n";
  private static final String NOTES =
      """

      Every event carries a number and the time it was due; every reader checks that it got each
      event of each publisher once, whole and in order: a round where one did not is void. Targets
      take turns, after a warm-up that is not counted; medians over the rounds. CPU is what the
      operating system charges the server's processes. "Taken by others" is what programs other than
      the server used of its core: where it is not near 0, trust the CPU per delivery, and neither
      deliveries per second nor latencies. On schedule, latency runs from the time an event was due
      to the time it was read, in microseconds: waiting is not omitted. The load generator is one
      thread on another core; where it is near 100 %, it is the limit.
      """;

  private final Options options;
  private final Map<String, String> descriptions = new LinkedHashMap<>();
  private final Map<Scenario, Plan> plans = new LinkedHashMap<>();
  private final Map<Scenario, List<Stats>> results = new LinkedHashMap<>();

  Report(Options options) {
    this.options = options;
  }

  static String number(double value) {
    double size = Math.abs(value);
    var format = size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  // ---- As it comes.

  void describe(String target, String description) {
    descriptions.put(target, description);
    System.out.printf("%-12s %s%n", target, description);
  }

  void begin(Scenario scenario, Plan plan) {
    plans.put(scenario, plan);
    System.out.printf("%n%s: %s%n  %s%n", scenario.word(), scenario.description, plan);
  }

  void progress(String target, Sample s) {
    System.out.printf(
        "%-12s %11s deliveries/s %8s us CPU each  core %3.0f %%  others %2.0f %%  load %3.0f %%",
        target,
        number(s.deliveriesPerSecond()),
        number(s.cpuMicros()),
        s.cpuShare() * 100,
        s.othersShare() * 100,
        s.loadShare() * 100);
    System.out.printf(
        "  p50 %s p99 %s p99.9 %s us  %d MiB  %s KiB a reader%n",
        number(s.p50Micros()),
        number(s.p99Micros()),
        number(s.p999Micros()),
        s.residentBytes() >> 20,
        number(s.readerBytes() / 1024));
  }

  void failed(String target, @Nullable String why) {
    System.out.printf("%-12s VOID: %s%n", target, why);
  }

  void add(Scenario scenario, List<Stats> stats) {
    results.put(scenario, stats);
    System.out.println();
    System.out.print(table(stats));
    bars(scenario).forEach(System.out::println);
  }

  // ---- At the end.

  /** {@return whether all ledgers of Teleprinter were exact} */
  boolean finish() throws IOException, InterruptedException {
    var to = options.report();
    if (to != null) {
      Files.createDirectories(Objects.requireNonNull(to.getParent()));
      Files.writeString(Path.of(to + ".md"), markdown(to.getFileName() + ".svg"));
      Files.writeString(Path.of(to + ".svg"), Chart.svg(results));
      Files.writeString(Path.of(to + ".json"), json());
      System.out.println("\nwritten: " + to + ".md, .json, .svg");
    }
    return results.values().stream()
        .flatMap(List::stream)
        .noneMatch(stats -> stats.target().startsWith("teleprinter") && stats.failure() != null);
  }

  private String markdown(String chart) throws IOException, InterruptedException {
    var text =
        new StringBuilder(
            "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# Delivery, side by side\n\n");
    text.append(System.getProperty("bench.what", "")).append("\n\n");
    text.append(Machine.describe()).append("\n\n");
    text.append("Command: `bin/bench ").append(System.getProperty("bench.arguments", ""));
    text.append("`: %d rounds of %s s.\n\n".formatted(options.rounds(), number(options.seconds())));
    text.append("![chart](").append(chart).append(")\n\n## Bars\n\n");
    text.append("| figure | bar | reached | |\n|---|---|---|---|\n");
    results.keySet().stream()
        .flatMap(scenario -> bars(scenario).stream())
        .forEach(line -> text.append("| ").append(line).append(" |\n"));
    text.append("\n## Servers\n\n");
    descriptions.forEach(
        (name, what) -> text.append("- **").append(name).append("**: ").append(what).append('\n'));
    results.forEach((scenario, stats) -> {
      text.append("\n## ").append(scenario.word()).append("\n\n").append(scenario.description);
      text.append(": ").append(words(plans.get(scenario))).append("\n\n").append(table(stats));
    });
    return text.append(NOTES).toString();
  }

  private static String words(Plan plan) {
    var pace =
        plan.isSaturating()
            ? "at most %,d events ahead of the slowest reader".formatted(plan.windowEvents())
            : number(plan.eventsPerSecond()) + " events/s in all";
    return "%,d readers, %,d topics, %d publishing connections, %d bytes, %s."
        .formatted(plan.readers(), plan.topics(), plan.connections(), plan.dataBytes(), pace);
  }

  private static String table(List<Stats> stats) {
    return HEAD + stats.stream().map(Report::row).collect(Collectors.joining());
  }

  private static String row(Stats of) {
    var name = of.failure() == null ? of.target() : of.target() + " (void: " + of.failure() + ")";
    if (of.samples().isEmpty()) {
      return "| " + name + " |" + " – |".repeat(10) + "\n";
    }
    return "| %s | %s | %s (%s) | %.0f %% | %.0f %% | %.0f %% | %s | %s | %s | %s | %s |\n"
        .formatted(
            name,
            number(of.median(Sample::deliveriesPerSecond)),
            number(of.median(Sample::cpuMicros)),
            number(of.min(Sample::cpuMicros)),
            of.median(Sample::cpuShare) * 100,
            of.median(Sample::othersShare) * 100,
            of.median(Sample::loadShare) * 100,
            number(of.median(Sample::p50Micros)),
            number(of.median(Sample::p99Micros)),
            number(of.median(Sample::p999Micros)),
            number(of.median(Sample::residentBytes) / (1 << 20)),
            number(of.median(Sample::readerBytes) / 1024));
  }

  private List<String> bars(Scenario scenario) {
    var byName =
        results.getOrDefault(scenario, List.of()).stream()
            .collect(Collectors.toMap(Stats::target, stats -> stats));
    var lines = new ArrayList<String>();
    for (var bar : Bar.ALL) {
      var line = bar.scenario() == scenario ? bar.line(byName) : null;
      if (line != null) {
        lines.add(line);
      }
    }
    return lines;
  }

  private String json() throws IOException, InterruptedException {
    var all = new LinkedHashMap<String, Object>();
    all.put("what", System.getProperty("bench.what", ""));
    all.put("machine", Machine.describe());
    all.put("command", "bin/bench " + System.getProperty("bench.arguments", ""));
    all.put("servers", descriptions);
    var scenarios = new LinkedHashMap<String, Object>();
    results.forEach((scenario, stats) ->
        scenarios.put(scenario.word(), Map.of("plan", plans.get(scenario), "targets", stats)));
    all.put("scenarios", scenarios);
    return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n";
  }
}
