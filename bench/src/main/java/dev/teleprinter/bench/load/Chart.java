// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Bars by scenario and target, as SVG for light and dark pages. Stateless. */
final class Chart {
  private static final int WIDTH = 760;
  private static final int LABEL = 120;
  private static final int ROW = 22;
  private static final int VALUE = 130;
  private static final String STYLE =
      "<style>text{font:13px system-ui,sans-serif;fill:#24292f}.h{font-weight:600}"
          + ".o{fill:#8c959f}.t{fill:#1a7f64}"
          + "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.o{fill:#6e7681}.t{fill:#3fb68b}}"
          + "</style>\n";

  private Chart() {}

  static String svg(Map<Scenario, List<Stats>> results) {
    var body = new StringBuilder();
    int y = 10;
    for (var result : results.entrySet()) {
      var measured = result.getValue().stream().filter(s -> !s.samples().isEmpty()).toList();
      if (!measured.isEmpty()) {
        y = scenario(body, y, result.getKey(), measured);
      }
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\">\n"
            .formatted(WIDTH, y)
        + STYLE
        + body
        + "</svg>\n";
  }

  private static int scenario(StringBuilder body, int top, Scenario scenario, List<Stats> stats) {
    var figure = figure(scenario);
    double most = stats.stream().mapToDouble(s -> s.median(figure)).max().orElse(1);
    int y = top + 16;
    body.append(
        "<text class=\"h\" x=\"0\" y=\"%d\">%s: %s</text>\n"
            .formatted(y, scenario.word(), unit(scenario)));
    y += 8;
    for (var of : stats) {
      double value = of.median(figure);
      double width = most <= 0 ? 0 : Math.max(1, value / most * (WIDTH - LABEL - VALUE));
      body.append(
          "<text x=\"0\" y=\"%d\">%s</text>".formatted(y + 15, of.target())
              + "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"3\"/>"
                  .formatted(
                      of.target().startsWith("teleprinter") ? "t" : "o",
                      LABEL,
                      y + 3,
                      String.format(Locale.ROOT, "%.1f", width),
                      ROW - 6)
              + "<text x=\"%d\" y=\"%d\">%s</text>\n"
                  .formatted((int) (LABEL + width + 8), y + 15, Report.number(value)));
      y += ROW;
    }
    return y + 14;
  }

  private static ToDoubleFunction<Sample> figure(Scenario scenario) {
    return switch (scenario) {
      case FANOUT_SATURATED -> Sample::deliveriesPerSecond;
      case IDLE_MEMORY -> sample -> sample.readerBytes() / 1024;
      default -> Sample::cpuMicros;
    };
  }

  private static String unit(Scenario scenario) {
    return switch (scenario) {
      case FANOUT_SATURATED -> "deliveries a second on one core (more is better)";
      case IDLE_MEMORY -> "KiB of server memory a reader (less is better)";
      default -> "microseconds of server CPU a delivery (less is better)";
    };
  }
}
