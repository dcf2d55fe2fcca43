// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.bench.report.Results.Measured;
import dev.teleprinter.bench.report.Results.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {
  @TempDir Path folder;

  private final Measured measured =
      measured(
          Map.entry("teleprinter", outcome(4_000_000, 3_000_000, 3_200_000)),
          Map.entry("nchan", outcome(200_000, 190_000)),
          Map.entry("centrifugo", new Outcome("", List.of(), "skipped: not here")));
  private final Results results =
      new Results("Machine.", Map.of()).with("fanout-saturated", measured);

  @Test
  void saysWhichBarsAreMetMissedAndNotMeasured() {
    var bars = Page.bars(results);
    assertThat(bars)
        .contains("deliveries per CPU second, times nchan's | ≥ 15.0 | 16.4 | met |")
        .contains("≤ 5.00 | – | not measured |");
    var slower =
        results.with(
            "fanout-saturated",
            measured(Map.entry("teleprinter", outcome(1000)), Map.entry("nchan", outcome(1000))));
    assertThat(Page.bars(slower)).contains("| 1.00 | **missed** |");
  }

  @Test
  void showsMediansWithTheirSpreadAndWhatWasSkipped() {
    assertThat(Page.table(measured))
        .contains("| teleprinter | 3,200,000 (3,000,000 – 4,000,000) |")
        .contains("| centrifugo (skipped: not here) | – |");
  }

  @Test
  void keepsEverythingInTheRawFile() throws IOException {
    var file = folder.resolve("raw.json");
    results.write(file);
    assertThat(Results.readOr(file, "other")).isEqualTo(results);
    assertThat(Results.readOr(folder.resolve("none"), "m").scenarios()).isEmpty();
  }

  @Test
  void drawsBarsFromZeroToOneScale() {
    var svg = Chart.svg("fanout-saturated", measured);
    assertThat(svg)
        .contains("deliveries/s (more is better)")
        .contains("class=\"t\" x=\"140\" y=\"37\" width=\"376.0\"") // 3.2 of 4 million
        .contains("class=\"o\" x=\"140\" y=\"61\" width=\"22.9\"")
        .doesNotContain("centrifugo");
  }

  @SafeVarargs
  private static Measured measured(Map.Entry<String, Outcome>... targets) {
    var all = new LinkedHashMap<String, Outcome>();
    for (var target : targets) {
      all.put(target.getKey(), target.getValue());
    }
    return new Measured("Readers", "plan", Figure.DELIVERIES, "abc", "bin/bench", 3, 4, "0", all);
  }

  private static Outcome outcome(double... deliveries) {
    return new Outcome(
        "as it is",
        java.util.Arrays.stream(deliveries)
            .mapToObj(value ->
                new Sample(Map.of(Figure.DELIVERIES, value, Figure.DELIVERIES_PER_CPU, value)))
            .toList(),
        null);
  }
}
