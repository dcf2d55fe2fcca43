// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.LedgerException;
import dev.teleprinter.bench.load.LoadLoop;
import dev.teleprinter.bench.load.ModelServer;
import dev.teleprinter.bench.load.Plan;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Machine;
import dev.teleprinter.bench.report.Results.Measured;
import dev.teleprinter.bench.report.Results.Outcome;
import dev.teleprinter.bench.report.Sample;
import dev.teleprinter.bench.servers.Folders;
import dev.teleprinter.bench.servers.ServerProcess;
import dev.teleprinter.bench.servers.Target;
import dev.teleprinter.bench.servers.Targets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scenarios against targets, in turns: what else the machine does meets all of them alike. Confined
 * to the main thread.
 */
public final class Bench {
  private static final double OTHERS_PERCENT_MAX = 10;

  private final Options options;
  private final LoadLoop loop;
  private final ModelServer model;
  private final Path scratch;
  private final Reports reports;
  private int plays;

  private Bench(Options options, LoadLoop loop, Path scratch) throws Exception {
    this.options = options;
    this.loop = loop;
    this.model = ModelServer.listen(loop);
    this.scratch = scratch;
    this.reports = new Reports(options.report());
  }

  /**
   * Runs what the arguments name. System properties: {@code bench.root}, the checkout; {@code
   * bench.report}, the report's files without their endings; {@code bench.commit}, what is
   * measured; {@code bench.cache}, where programs that are built for it are kept.
   */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(Options.USAGE);
      return;
    }
    Options options;
    try {
      options = Options.of(List.of(args), Path.of(System.getProperty("bench.report")));
    } catch (IllegalArgumentException e) {
      refuse(e);
      System.exit(2);
      return;
    }
    if (options.onlyRenders()) {
      new Reports(options.report()).write();
      return;
    }
    int status;
    try (var loop = new LoadLoop()) {
      var scratch = Files.createTempDirectory("teleprinter-bench");
      try {
        status = new Bench(options, loop, scratch).run();
      } finally {
        Folders.delete(scratch);
      }
    }
    System.exit(status);
  }

  private static void refuse(IllegalArgumentException e) {
    System.err.println("bench: " + e.getMessage().strip());
    System.err.print(Options.USAGE);
  }

  /** Returns the program's status: 0 if all ledgers of Teleprinter were exact. */
  private int run() throws Exception {
    try {
      options.targets().forEach(targets()::of);
    } catch (IllegalArgumentException e) {
      refuse(e);
      return 2;
    }
    boolean exact = true;
    for (var scenario : options.scenarios()) {
      exact &= run(scenario);
    }
    reports.showBars();
    return exact ? 0 : 1;
  }

  private Targets targets() {
    return new Targets(
        Path.of(System.getProperty("bench.root")),
        Path.of(System.getProperty("bench.cache")),
        model.port(),
        options.serverCore() + "," + options.loadCore());
  }

  /** {@return whether all ledgers of Teleprinter were exact} */
  private boolean run(Scenario scenario) throws Exception {
    var plan = options.variation().apply(scenario.plan);
    System.out.printf("%n%s: %s%n  %s%n", scenario.word(), scenario.description, plan.words());
    var load = Machine.load();
    var lines = new LinkedHashMap<String, Line>();
    try {
      for (var name : options.targets().isEmpty() ? scenario.targets : options.targets()) {
        lines.put(name, prepared(scenario, plan, targets().of(name)));
      }
      int n = scenario.isLong() ? 1 : options.rounds();
      for (int round = 0; round < n; round++) {
        for (var line : lines.values()) {
          once(scenario, plan, line);
        }
        reports.add(scenario.word(), measured(scenario, plan, round + 1, load, lines));
      }
    } finally {
      lines.values().forEach(Line::close);
    }
    reports.show(scenario.word());
    return lines.entrySet().stream()
        .noneMatch(e -> e.getKey().startsWith("teleprinter") && e.getValue().failure != null);
  }

  private Measured measured(
      Scenario scenario, Plan plan, int rounds, String load, Map<String, Line> lines)
      throws IOException {
    var outcomes = new LinkedHashMap<String, Outcome>();
    lines.forEach((name, line) -> outcomes.put(name, line.outcome()));
    return new Measured(
        scenario.description,
        plan.words(),
        scenario.headline,
        System.getProperty("bench.commit", "unknown"),
        "bin/bench " + String.join(" ", options.arguments()),
        rounds,
        options.seconds(),
        load + " before, " + Machine.load() + " after",
        outcomes);
  }

  /** One target in one scenario. */
  private static final class Line {
    private final Target target;
    private final List<Sample> samples = new ArrayList<>();
    private @Nullable Running server;
    private String configuration = "";
    private @Nullable String failure;

    Line(Target target) {
      this.target = target;
    }

    Outcome outcome() {
      return new Outcome(configuration, samples, failure);
    }

    void fail(String why) {
      failure = why.lines().findFirst().orElse("no reason given");
      System.out.printf("%-18s VOID: %s%n", target.name(), why);
    }

    void close() {
      if (server != null) {
        server.close();
        server = null;
      }
    }
  }

  private Line prepared(Scenario scenario, Plan plan, Target target) throws Exception {
    var line = new Line(target);
    var unfit = scenario.unfitness(target);
    if (!unfit.isEmpty()) {
      line.failure = "skipped: " + unfit;
    } else if (started(line)) {
      System.out.printf("%-18s %s%n", target.name(), line.configuration);
      if (scenario != Scenario.IDLE) {
        play(scenario.warmUp(), plan, line, options.warmUpSeconds());
      }
      if (scenario.isOnFreshServers()) {
        line.close();
      }
    }
    return line;
  }

  /** Starts the server if it can be had here. */
  private boolean started(Line line) throws InterruptedException {
    try {
      var folder = scratch.resolve(line.target.name() + "-" + ++plays);
      line.server = new Running(line.target, folder, options.serverCore());
      line.configuration = line.server.description();
      return true;
    } catch (Target.SkippedException e) {
      line.failure = "skipped: " + e.getMessage();
      System.out.printf("%-18s %s%n", line.target.name(), line.failure);
    } catch (IOException e) {
      line.fail("did not start: " + e.getMessage());
    }
    return false;
  }

  private void once(Scenario scenario, Plan plan, Line line) throws Exception {
    if (line.configuration.isEmpty()) {
      return; // not to be had
    }
    if (line.server == null && !started(line)) {
      return;
    }
    var sample = undisturbed(scenario, plan, line);
    if (sample != null) {
      line.samples.add(sample);
      reports.progress(line.target.name(), sample);
    }
    if (scenario.isOnFreshServers()) {
      line.close();
    }
  }

  /** Plays it again when other programs were busy; takes the round that they disturbed least. */
  private @Nullable Sample undisturbed(Scenario scenario, Plan plan, Line line) throws Exception {
    Sample best = null;
    for (int i = 0; i <= options.repeats(); i++) {
      var sample = play(scenario.script, plan, line, options.seconds());
      if (sample == null) {
        return null;
      }
      double others = sample.of(Figure.OTHERS);
      if (best == null || others < best.of(Figure.OTHERS)) {
        best = sample;
      }
      if (!(others > OTHERS_PERCENT_MAX)) { // or not measured
        return best;
      }
    }
    return best;
  }

  private Round round(Plan plan, Running server, double seconds) {
    return new Round(loop, model, plan, server, options.loadCore(), "bench-" + ++plays, seconds);
  }

  private @Nullable Sample play(Script script, Plan plan, Line line, double seconds)
      throws Exception {
    var server = line.server;
    if (server == null) {
      return null;
    }
    int window = Math.min(plan.windowEvents(), line.target.behindMax());
    var fitting = plan.isSaturating() ? plan.with("window", window) : plan;
    try (var round = round(fitting, server, seconds)) {
      return script.play(round);
    } catch (LedgerException | IOException | UncheckedIOException e) { // the last: it has died
      if (ServerProcess.areEnding()) {
        Thread.currentThread().join(); // interrupted: that is no fault of the server's
      }
      line.fail(String.valueOf(e.getMessage()));
      System.out.println(server.process().lastLines());
      return null;
    }
  }
}
