// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import dev.teleprinter.bench.report.Results.Measured;
import dev.teleprinter.bench.report.Results.Outcome;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The page that shows results, in Markdown. Stateless. */
public final class Page {
  private static final String NOTES =
      """
      ## How to read it

      Every event carries a number and the time it was due; every reader keeps a ledger: each event
      once, whole, in order. A round in which one ledger was not exact is void and not counted.
      Targets of a scenario take turns, round by round, after a warm-up that is not counted; figures
      are medians over the rounds, the least and the most behind them. CPU is what the operating
      system charged the server's process and its children, user and kernel. "Taken by others" is
      what other programs used of the two cores: a round in which it is more than a tenth of a core
      is repeated, and where it still is not near 0, trust what is counted by CPU (a saturated core
      that nobody else uses delivers as many a second as a CPU second), and neither deliveries a
      second nor latencies. On schedule, latency runs from the
      time an event was due to the time a reader had it, so a server that stalls is charged for the
      events that waited (no coordinated omission). The load generator is one thread on the other
      core; where it is near 100 %, it is the limit, and not the server.
      """;

  private Page() {}

  /** {@return a figure as people write it} */
  public static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (size == 0) {
      return "0";
    }
    var format = size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }

  /**
   * {@return the page}
   *
   * @param chart names the file of a scenario's chart
   */
  public static String of(Results results, java.util.function.UnaryOperator<String> chart) {
    var text = new StringBuilder("<!-- SPDX-License-Identifier: Apache-2.0 -->\n");
    text.append("# Delivery, side by side\n\n");
    text.append(results.machine());
    text.append("\n\n## Bars\n\n").append(bars(results));
    text.append("\n## Servers\n\n");
    configurations(results)
        .forEach((name, what) ->
            text.append("- **").append(name).append("**: ").append(what).append('\n'));
    results
        .scenarios()
        .forEach((name, measured) ->
            text.append("\n## ")
                .append(name)
                .append("\n\n")
                .append(section(measured))
                .append("![")
                .append(name)
                .append("](")
                .append(chart.apply(name))
                .append(")\n"));
    return text.append('\n').append(NOTES).toString();
  }

  /** {@return the bars, and what was reached of those that were measured} */
  public static String bars(Results results) {
    var text = new StringBuilder("| figure | bar | reached | |\n|---|---|---|---|\n");
    for (var bar : Bar.ALL) {
      double reached = bar.reached(results);
      var met = Double.isNaN(reached) ? "not measured" : bar.isMet(reached) ? "met" : "**missed**";
      text.append(
          "| %s | %s %s | %s | %s |\n"
              .formatted(
                  bar.what(),
                  bar.atLeast() ? "≥" : "≤",
                  number(bar.limit()),
                  number(reached),
                  met));
    }
    return text.toString();
  }

  private static Map<String, String> configurations(Results results) {
    var all = new LinkedHashMap<String, String>();
    for (var measured : results.scenarios().values()) {
      measured.targets().forEach((name, outcome) -> all.put(name, outcome.configuration()));
    }
    return all;
  }

  private static String section(Measured measured) {
    return "%s. %s.\n\n%s\n`%s`, %d round%s of %s s, commit %s, load average %s.\n\n"
        .formatted(
            measured.description(),
            measured.plan(),
            table(measured),
            measured.command(),
            measured.rounds(),
            measured.rounds() == 1 ? "" : "s",
            number(measured.seconds()),
            measured.commit(),
            measured.load());
  }

  /** {@return a scenario's figures, a line for each target} */
  public static String table(Measured measured) {
    var figures = measured.figures();
    var head = figures.stream().map(figure -> figure.words).collect(Collectors.joining(" | "));
    var text = new StringBuilder("| | ").append(head).append(" |\n|---|");
    text.append("---|".repeat(figures.size())).append('\n');
    measured
        .targets()
        .forEach((name, outcome) -> {
          text.append("| ").append(name).append(failure(outcome)).append(" |");
          for (var figure : figures) {
            text.append(' ').append(cell(outcome, figure)).append(" |");
          }
          text.append('\n');
        });
    return text.toString();
  }

  private static String failure(Outcome outcome) {
    return outcome.failure() == null ? "" : " (" + outcome.failure().replace('|', '/') + ")";
  }

  private static String cell(Outcome outcome, Figure figure) {
    var median = number(outcome.median(figure));
    if (outcome.samples().size() < 2 || figure.isContext()) {
      return median;
    }
    var least = number(outcome.least(figure));
    var most = number(outcome.most(figure));
    return least.equals(most) ? median : median + " (" + least + " – " + most + ")";
  }
}
