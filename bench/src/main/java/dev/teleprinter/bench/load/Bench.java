// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Scenarios against targets, in turns. */
public final class Bench {
  private static final double SETTLE_SECONDS = 0.7;

  private final Options options;
  private final Path scratch;
  private final Map<Target, Target.Started> started = new LinkedHashMap<>();
  private int runs;

  private Bench(Options options, Path scratch) {
    this.options = options;
    this.scratch = scratch;
  }

  /** Runs what the arguments name. */
  public static void main(String[] args) throws Exception {
    var options = Options.of(List.of(args));
    var bench = new Bench(options, Files.createTempDirectory("teleprinter-bench"));
    try (var loop = new LoadLoop()) {
      bench.startAll();
      for (var scenario : options.scenarios()) {
        bench.run(loop, scenario);
      }
    } finally {
      bench.started.values().forEach(server -> server.process().close());
    }
  }

  private void startAll() throws Exception {
    for (var target : options.targets()) {
      try {
        var server = target.start(scratch.resolve(target.name()), options.serverCore());
        started.put(target, server);
        System.out.printf("%-14s %s%n", target.name(), server.description());
      } catch (Target.SkippedException e) {
        System.out.printf("%-14s skipped: %s%n", target.name(), e.getMessage());
      }
    }
  }

  private void run(LoadLoop loop, Scenario scenario) throws Exception {
    System.out.printf("%n%s: %s%n", scenario.word(), scenario.description);
    var samples = new LinkedHashMap<Target, List<Sample>>();
    for (var target : started.keySet()) {
      samples.put(target, new ArrayList<>());
      once(loop, scenario, target, options.warmUpSeconds());
    }
    for (int round = 0; round < options.rounds(); round++) {
      for (var target : started.keySet()) {
        var sample = once(loop, scenario, target, options.seconds());
        if (sample != null) {
          samples.get(target).add(sample);
          print(target, sample);
        }
      }
    }
    samples.forEach((target, of) -> {
      if (!of.isEmpty()) {
        System.out.printf(
            "MEDIAN %-14s %12.0f deliveries/s  %8.3f us CPU/delivery  p50 %.0f p99 %.0f us%n",
            target.name(),
            median(of, Sample::deliveriesPerSecond),
            median(of, Sample::cpuMicrosPerDelivery),
            median(of, Sample::p50Micros),
            median(of, Sample::p99Micros));
      }
    });
  }

  private Sample once(LoadLoop loop, Scenario scenario, Target target, double seconds)
      throws Exception {
    try (var run = new Run(loop, options.change().apply(scenario.plan), started.get(target), options.serverCore())) {
      return run.measure("bench" + ++runs, SETTLE_SECONDS, seconds);
    } catch (LedgerException e) {
      System.out.printf("%-14s FAILED: %s%n", target.name(), e.getMessage());
      return null;
    }
  }

  private static void print(Target target, Sample s) {
    System.out.printf(
        "%-14s %12.0f deliveries/s  %7.3f us CPU/delivery  cpu %3.0f %%  others %2.0f %%  load %2.0f %%  p50 %.0f"
            + " p99 %.0f p99.9 %.0f us  rss %d MiB%n",
        target.name(),
        s.deliveriesPerSecond(),
        s.cpuMicrosPerDelivery(),
        s.cpuShare() * 100,
        s.othersShare() * 100,
        s.loadShare() * 100,
        s.p50Micros(),
        s.p99Micros(),
        s.p999Micros(),
        s.residentBytes() >> 20);
  }

  private static double median(List<Sample> of, java.util.function.ToDoubleFunction<Sample> what) {
    var sorted = of.stream().mapToDouble(what).sorted().toArray();
    return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }

  /** Arguments. */
  record Options(
      List<Scenario> scenarios,
      List<Target> targets,
      int rounds,
      double seconds,
      double warmUpSeconds,
      String serverCore,
      Function<Plan, Plan> change) {
    static Options of(List<String> args) {
      var scenarios = new ArrayList<Scenario>();
      var targets = List.of("teleprinter", "nchan", "floor");
      int rounds = 5;
      double seconds = 4;
      double warmUp = 8;
      Function<Plan, Plan> change = Function.identity();
      for (int i = 0; i < args.size(); i++) {
        switch (args.get(i)) {
          case "--rounds" -> rounds = Integer.parseInt(args.get(++i));
          case "--seconds" -> seconds = Double.parseDouble(args.get(++i));
          case "--warm-up" -> warmUp = Double.parseDouble(args.get(++i));
          case "--connections" -> {
            int count = Integer.parseInt(args.get(++i));
            change = change.andThen(plan -> plan.withConnections(count));
          }
          case "--readers" -> {
            int count = Integer.parseInt(args.get(++i));
            change = change.andThen(plan -> plan.withReaders(count));
          }
          case "--window" -> {
            int count = Integer.parseInt(args.get(++i));
            change = change.andThen(plan -> plan.withWindowEvents(count));
          }
          case "--bytes" -> {
            int count = Integer.parseInt(args.get(++i));
            change = change.andThen(plan -> plan.withDataBytes(count));
          }
          case "--rate" -> {
            double count = Double.parseDouble(args.get(++i));
            change = change.andThen(plan -> plan.withEventsPerSecond(count));
          }
          case "--targets" -> targets = Arrays.asList(args.get(++i).split(","));
          default -> {
            var word = args.get(i);
            scenarios.add(
                Arrays.stream(Scenario.values())
                    .filter(s -> s.word().equals(word))
                    .findFirst()
                    .orElseThrow());
          }
        }
      }
      var all =
          List.of(
              new TeleprinterTarget(),
              new NchanTarget(),
              new FloorTarget(Path.of(System.getProperty("bench.floor"))));
      var chosen = new ArrayList<Target>();
      for (var name : targets) {
        all.stream().filter(t -> t.name().equals(name)).forEach(chosen::add);
      }
      return new Options(scenarios, chosen, rounds, seconds, warmUp, "0", change);
    }
  }
}
