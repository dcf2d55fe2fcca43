// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import dev.teleprinter.bench.report.Results.Measured;
import dev.teleprinter.bench.report.Results.Outcome;
import java.util.Locale;
import java.util.Map;

/**
 * One scenario's headline figure as an SVG: a bar for each target, from zero, to one scale, the
 * median written behind it and a thin line from the least to the most of the rounds. For light and
 * dark pages. Stateless.
 */
public final class Chart {
  private static final int WIDTH = 720;
  private static final int LABEL = 140;
  private static final int VALUE = 110;
  private static final int ROW = 24;
  private static final int TOP = 34;
  private static final String STYLE =
      """
      <style>
      text{font:13px system-ui,sans-serif;fill:#24292f}.h{font-weight:600}
      .o{fill:#8c959f}.t{fill:#1a7f64}.s{stroke:#24292f;stroke-width:1.5}
      @media(prefers-color-scheme:dark){text{fill:#e6edf3}.o{fill:#6e7681}.t{fill:#3fb68b}
      .s{stroke:#e6edf3}}
      </style>
      """;

  private Chart() {}

  /** {@return the chart} */
  public static String svg(String scenario, Measured measured) {
    var figure = measured.headline();
    var body = new StringBuilder();
    double most = 0;
    for (var outcome : measured.targets().values()) {
      double value = outcome.most(figure);
      most = Double.isNaN(value) ? most : Math.max(most, value);
    }
    int y = TOP;
    for (var target : measured.targets().entrySet()) {
      if (!Double.isNaN(target.getValue().median(figure))) {
        row(body, y, target, figure, (WIDTH - LABEL - VALUE) / (most <= 0 ? 1 : most));
        y += ROW;
      }
    }
    var title =
        "%s: %s (%s is better)"
            .formatted(scenario, figure.words, figure.moreIsBetter ? "more" : "less");
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
    role="img" aria-label="%s">
    """
            .formatted(WIDTH, y + 8, WIDTH, y + 8, title)
        + STYLE
        + "<text class=\"h\" x=\"0\" y=\"18\">"
        + title
        + "</text>\n"
        + body
        + "</svg>\n";
  }

  private static void row(
      StringBuilder body, int y, Map.Entry<String, Outcome> target, Figure figure, double scale) {
    var name = target.getKey();
    var outcome = target.getValue();
    double to = LABEL + outcome.median(figure) * scale;
    double least = LABEL + outcome.least(figure) * scale;
    double most = LABEL + outcome.most(figure) * scale;
    body.append("<text x=\"0\" y=\"%d\">%s</text>".formatted(y + 15, name));
    body.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
            name.startsWith("teleprinter") ? "t" : "o",
            LABEL,
            y + 3,
            Math.max(1, to - LABEL),
            ROW - 7));
    if (most - least >= 1) {
      body.append(
          String.format(
              Locale.ROOT,
              "<line class=\"s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
              least,
              most,
              y + 11,
              y + 11));
    }
    body.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%d\">%s</text>%n",
            Math.max(to, most) + 8,
            y + 15,
            Page.number(outcome.median(figure))));
  }
}
