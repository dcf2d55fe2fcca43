// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.report.Chart;
import dev.teleprinter.bench.report.Machine;
import dev.teleprinter.bench.report.Page;
import dev.teleprinter.bench.report.Results;
import dev.teleprinter.bench.report.Results.Measured;
import dev.teleprinter.bench.report.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where results go: to the screen as they come, and into a report that grows by each scenario, also
 * over several runs at one commit. Confined to the main thread.
 */
final class Reports {
  private final @Nullable Path to;
  private Results results;

  /** Goes on with what was reported there before; null for the screen only. */
  Reports(@Nullable Path to) throws IOException {
    this.to = to;
    var machine = Machine.describe();
    this.results =
        to == null
            ? new Results(machine, Map.of())
            : Results.readOr(Path.of(to + ".json"), machine);
  }

  void progress(String target, Sample sample) {
    var figures =
        sample.figures().entrySet().stream()
            .map(e -> Page.number(e.getValue()) + " " + e.getKey().words)
            .collect(Collectors.joining(" · "));
    System.out.printf("%-18s %s%n", target, figures);
  }

  /** After each round: what was measured is not lost if a later round is interrupted. */
  void add(String scenario, Measured measured) throws IOException {
    results = results.with(scenario, measured);
    write();
  }

  void show(String scenario) {
    var measured = results.scenarios().get(scenario);
    if (measured != null) {
      System.out.print("\n" + Page.table(measured));
    }
  }

  /** What must be reached, and what was, in this run and those before that it goes on with. */
  void showBars() {
    System.out.print("\n" + Page.bars(results));
    if (to != null) {
      System.out.println("written: " + to + ".md, .json and charts");
    }
  }

  /** Writes the raw file, the page and the charts. */
  void write() throws IOException {
    if (to == null) {
      return;
    }
    Files.createDirectories(to); // for the charts
    results.write(Path.of(to + ".json"));
    var folder = to.getFileName();
    Files.writeString(Path.of(to + ".md"), Page.of(results, name -> folder + "/" + name + ".svg"));
    for (var scenario : results.scenarios().entrySet()) {
      var name = scenario.getKey();
      Files.writeString(to.resolve(name + ".svg"), Chart.svg(name, scenario.getValue()));
    }
  }
}
