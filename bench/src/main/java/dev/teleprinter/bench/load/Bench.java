// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Scenarios against targets, in turns: what else the machine does meets all of them alike. Confined
 * to the main thread.
 */
public final class Bench {
  private static final double SETTLE_SECONDS = 0.7;

  private final Options options;
  private final LoadLoop loop;
  private final ModelServer model;
  private final Path scratch;
  private final Map<Target, Target.Started> servers = new LinkedHashMap<>();
  private final Report report;
  private int runs;

  private Bench(Options options, LoadLoop loop, Path scratch) throws Exception {
    this.options = options;
    this.loop = loop;
    this.model = ModelServer.listen(loop);
    this.scratch = scratch;
    this.report = new Report(options);
  }

  /**
   * Runs what the arguments name. System properties: {@code bench.root}, the checkout; {@code
   * bench.report}, the report's files without their endings; {@code bench.cache}, where programs
   * that are built for it are kept.
   */
  public static void main(String[] args) throws Exception {
    Options options;
    try {
      options = Options.of(List.of(args), Path.of(System.getProperty("bench.report")));
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(Options.USAGE);
      System.exit(2);
      return;
    }
    boolean exact;
    try (var loop = new LoadLoop()) {
      exact = new Bench(options, loop, Files.createTempDirectory("teleprinter-bench")).runAll();
    }
    System.exit(exact ? 0 : 1);
  }

  private boolean runAll() throws Exception {
    try {
      for (var target : targets()) {
        start(target);
      }
      for (var scenario : options.scenarios()) {
        report.add(scenario, run(scenario));
      }
    } finally {
      servers.values().forEach(server -> server.process().close());
      Folders.delete(scratch);
    }
    return report.finish();
  }

  private List<Target> targets() {
    var root = Path.of(System.getProperty("bench.root"));
    var cache = Path.of(System.getProperty("bench.cache"));
    var relayed =
        Map.of(
            "OPENAI_BASE_URL",
            "http://127.0.0.1:" + model.port() + "/v1",
            "OPENAI_API_KEY",
            "none-needed");
    return Targets.of(options.targets(), root, cache, relayed);
  }

  private void start(Target target) throws IOException, InterruptedException {
    try {
      var folder = scratch.resolve(target.name() + "-" + ++runs);
      var started = target.start(folder, options.serverCore());
      servers.put(target, started);
      report.describe(target.name(), started.description());
    } catch (Target.SkippedException e) {
      report.describe(target.name(), "skipped: " + e.getMessage());
    } catch (IOException e) {
      if (target.isRelay()) {
        throw e; // without Teleprinter there is nothing to compare
      }
      report.describe(target.name(), "skipped: it did not start: " + e.getMessage());
    }
  }

  private List<Stats> run(Scenario scenario) throws Exception {
    var plan = options.variation().apply(scenario.plan);
    report.begin(scenario, plan);
    var samples = new LinkedHashMap<Target, List<Sample>>();
    var failures = new TreeMap<String, String>();
    for (var target : List.copyOf(servers.keySet())) {
      if (scenario.isFor(target)) {
        samples.put(target, new ArrayList<>());
        once(scenario, plan, target, options.warmUpSeconds(), failures);
      }
    }
    for (int round = 0; round < options.rounds(); round++) {
      for (var target : samples.keySet()) {
        var sample = once(scenario, plan, target, options.seconds(), failures);
        if (sample != null) {
          samples.get(target).add(sample);
          report.progress(target.name(), sample);
        }
      }
    }
    return samples.entrySet().stream()
        .map(e -> new Stats(e.getKey().name(), e.getValue(), failures.get(e.getKey().name())))
        .toList();
  }

  private @Nullable Sample once(
      Scenario scenario, Plan plan, Target target, double seconds, Map<String, String> failures)
      throws Exception {
    try {
      if (scenario.kind == Scenario.Kind.IDLE) {
        freshen(target);
      }
      return measure(scenario, plan, target, seconds);
    } catch (LedgerException | UncheckedIOException e) { // the second: the server has died
      failures.put(target.name(), String.valueOf(e.getMessage()));
      report.failed(target.name(), e.getMessage());
      return null;
    }
  }

  private Sample measure(Scenario scenario, Plan plan, Target target, double seconds)
      throws Exception {
    var server = servers.get(target);
    int port = server.hub().port();
    Supplier<Ledger> numbers = () -> new NumberLedger(plan.feedsPerTopic(), plan.dataBytes());
    Run run =
        switch (scenario.kind) {
          case PUBLISHED ->
              run(
                  plan,
                  server,
                  server.hub(),
                  numbers,
                  (p, readers, clock, failure) -> new Publishers(loop, p, readers, clock, failure));
          case IDLE ->
              run(
                  plan,
                  server,
                  server.hub(),
                  numbers,
                  (p, readers, clock, failure) -> new NoSource());
          case RELAYED ->
              run(
                  plan,
                  server,
                  new Chats(port, "bench"),
                  numbers,
                  (p, readers, clock, failure) -> model.at(p.eventsPerSecond(), clock));
          case DEMO -> {
            var chats = new Chats(port, "demo");
            var answer = chats.wholeAnswer();
            yield run(
                plan,
                server,
                chats,
                () -> new TextLedger(answer),
                (p, readers, clock, failure) -> new NoSource());
          }
        };
    try (run) {
      return run.measure("bench-" + ++runs, SETTLE_SECONDS, seconds);
    }
  }

  private Run run(
      Plan plan, Target.Started server, Hub hub, Supplier<Ledger> ledgers, Run.Sources sources) {
    return new Run(loop, plan, server, options.serverCore(), hub, ledgers, sources);
  }

  /** A new process that has served a few readers: nothing is left of what came before. */
  private void freshen(Target target) throws Exception {
    servers.get(target).process().close();
    var folder = scratch.resolve(target.name() + "-" + ++runs);
    servers.put(target, target.start(folder, options.serverCore()));
    var few = Scenario.ONE_AT_A_TIME.plan.with("readers", 200);
    measure(Scenario.ONE_AT_A_TIME, few, target, 1);
  }
}
