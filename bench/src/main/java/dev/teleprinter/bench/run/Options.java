// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.Plan;
import dev.teleprinter.bench.servers.Targets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says. Immutable.
 *
 * @param scenarios to run, in this order
 * @param targets names; none for those of each scenario
 * @param rounds of each target in each scenario
 * @param seconds of a round's window
 * @param repeats how often a round is repeated that other programs disturbed
 * @param warmUpSeconds before the first round of a scenario, not counted
 * @param serverCore where servers run
 * @param loadCore where the load generator runs
 * @param report where the report goes, without ending; null for nowhere
 * @param variation of the scenarios' plans
 * @param onlyRenders whether nothing runs, and the report is made again of its raw file
 * @param arguments all of them, as they were given, but for where the report goes
 */
record Options(
    List<Scenario> scenarios,
    List<String> targets,
    int rounds,
    double seconds,
    int repeats,
    double warmUpSeconds,
    String serverCore,
    String loadCore,
    @Nullable Path report,
    UnaryOperator<Plan> variation,
    boolean onlyRenders,
    List<String> arguments) {

  static final String USAGE =
      """
      usage: bin/bench [scenario ...] [option ...]
        scenarios         all when none is named:
                          %s
        --targets a,b     instead of each scenario's own:
      %s  --rounds n        rounds of each target (3)
        --seconds s       of a round (4)
        --repeats n       of a round in which other programs took more than a tenth of a core (2)
        --warm-up s       before the first round of a scenario (8)
        --server-core n   where servers run (0)
        --load-core n     where the load generator runs (1)
        --report path     goes on with this report, named without its ending
        --no-report       prints only
        --render          runs nothing: makes the report's page and charts again
      to vary the scenarios:
        --readers n  --connections n (that publish)  --window events  --bytes n  --rate events/s
      """
          .formatted(
              String.join(" ", Arrays.stream(Scenario.values()).map(Scenario::word).toList()),
              Targets.WORDS.indent(20));

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static Options of(List<String> args, Path report) {
    var read = new Reader(args.iterator(), report);
    read.all();
    return new Options(
        read.scenarios.isEmpty() ? List.of(Scenario.values()) : read.scenarios,
        read.targets,
        read.rounds,
        read.seconds,
        read.repeats,
        read.warmUp,
        read.core,
        read.loadCore,
        read.report,
        read.variation,
        read.onlyRenders,
        withoutReport(args));
  }

  private static List<String> withoutReport(List<String> args) {
    var rest = new ArrayList<>(args);
    int at = rest.indexOf("--report");
    if (at >= 0) {
      rest.subList(at, at + 2).clear();
    }
    return List.copyOf(rest);
  }

  private static final class Reader {
    private final Iterator<String> args;
    private final List<Scenario> scenarios = new ArrayList<>();
    private List<String> targets = List.of();
    private int rounds = 3;
    private double seconds = 4;
    private int repeats = 2;
    private double warmUp = 8;
    private String core = "0";
    private String loadCore = "1";
    private boolean onlyRenders;
    private @Nullable Path report;
    private UnaryOperator<Plan> variation = UnaryOperator.identity();

    Reader(Iterator<String> args, Path report) {
      this.args = args;
      this.report = report;
    }

    void all() {
      while (args.hasNext()) {
        one(args.next());
      }
    }

    private void one(String arg) {
      switch (arg) {
        case "--targets" -> targets = List.of(value(arg).split(","));
        case "--rounds" -> rounds = (int) number(arg);
        case "--repeats" -> repeats = (int) number(arg);
        case "--seconds" -> seconds = number(arg);
        case "--warm-up" -> warmUp = number(arg);
        case "--server-core" -> core = Integer.toString((int) number(arg));
        case "--load-core" -> loadCore = Integer.toString((int) number(arg));
        case "--report" -> report = Path.of(value(arg));
        case "--no-report" -> report = null;
        case "--render" -> onlyRenders = true;
        case "--readers", "--connections", "--window", "--bytes", "--rate" -> {
          double n = number(arg);
          var before = variation;
          variation = plan -> before.apply(plan).with(arg.substring(2), n);
        }
        default -> scenarios.add(Scenario.of(arg));
      }
    }

    private String value(String option) {
      if (!args.hasNext()) {
        throw new IllegalArgumentException(option + ": nothing (expected: a value)");
      }
      return args.next();
    }

    private double number(String option) {
      var text = value(option);
      if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
        throw new IllegalArgumentException(option + ": " + text + " (expected: a number)");
      }
      return Double.parseDouble(text);
    }
  }
}
