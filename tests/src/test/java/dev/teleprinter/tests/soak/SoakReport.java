// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import dev.teleprinter.tests.soak.SoakSample.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** A soak's files: samples as CSV, all as JSON, a graph of each kind as SVG, a page. Stateless. */
final class SoakReport {
  private static final int WIDTH = 720;
  private static final int ROW = 96;
  private static final int LEFT = 210;
  private static final String STYLE =
      """
      <style>
      text{font:13px system-ui,sans-serif;fill:#24292f}.h{font-weight:600}.n{font-size:11px}
      .l{fill:none;stroke:#1a7f64;stroke-width:1.5}.g{stroke:#8c959f;stroke-width:.5}
      .r{stroke:#8c959f;stroke-width:1;stroke-dasharray:2 3}
      @media(prefers-color-scheme:dark){text{fill:#e6edf3}.l{stroke:#3fb68b}
      .g,.r{stroke:#6e7681}}
      </style>
      """;

  private SoakReport() {}

  /**
   * Writes them.
   *
   * @param restarts when, in seconds
   * @param facts what was run, by name
   */
  static void write(
      Path report,
      List<SoakSample> samples,
      List<Double> restarts,
      Map<String, Object> facts,
      List<SoakVerdict> verdicts)
      throws IOException {
    var name = report.getFileName().toString();
    Files.createDirectories(report.toAbsolutePath().getParent());
    Files.writeString(report.resolveSibling(name + ".csv"), csv(samples));
    Files.writeString(report.resolveSibling(name + ".svg"), svg(samples, restarts));
    var json = new java.util.LinkedHashMap<>(facts);
    json.put("restarts", restarts);
    json.put("verdicts", verdicts.stream().map(SoakVerdict::toString).toList());
    Files.writeString(
        report.resolveSibling(name + ".json"),
        JsonMapper.builder()
                .enable(tools.jackson.databind.SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(json)
            + "\n");
    Files.writeString(report.resolveSibling(name + ".md"), page(name, facts, verdicts));
  }

  private static String csv(List<SoakSample> samples) {
    var csv = new StringBuilder("seconds");
    for (var kind : Kind.values()) {
      csv.append(',').append(kind.word());
    }
    for (var sample : samples) {
      csv.append(String.format(Locale.ROOT, "%n%.0f", sample.seconds()));
      for (var kind : Kind.values()) {
        var value = sample.values().get(kind);
        csv.append(value == null ? "," : String.format(Locale.ROOT, ",%.2f", value));
      }
    }
    return csv.append('\n').toString();
  }

  private static String page(String name, Map<String, Object> facts, List<SoakVerdict> verdicts) {
    var page = new StringBuilder("# Soak\n\n");
    facts.forEach(
        (fact, value) -> page.append("- ").append(fact).append(": ").append(value).append('\n'));
    page.append(
        "\n| figure | median of the second third | of the last third | |\n|---|---|---|---|\n");
    for (var verdict : verdicts) {
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %.2f | %.2f | %s |%n",
              verdict.kind().words,
              verdict.secondThird(),
              verdict.lastThird(),
              verdict.isFlat() ? "flat" : "grows"));
    }
    return page + "\n![Each figure over time; restarts are dotted](" + name + ".svg)\n";
  }

  private static String svg(List<SoakSample> samples, List<Double> restarts) {
    double end = Math.max(1, samples.getLast().seconds());
    int height = 30 + ROW * Kind.values().length;
    var svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
        role="img" aria-label="What the server held over time">
        """
            .formatted(WIDTH, height, WIDTH, height));
    svg.append(STYLE);
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"h\" x=\"0\" y=\"18\">What the server held in %.0f minutes</text>%n",
            end / 60));
    int top = 30;
    for (var kind : Kind.values()) {
      graph(svg, kind, samples, restarts, top, end);
      top += ROW;
    }
    return svg.append("</svg>\n").toString();
  }

  private static void graph(
      StringBuilder svg,
      Kind kind,
      List<SoakSample> samples,
      List<Double> restarts,
      int top,
      double end) {
    double most =
        samples.stream().mapToDouble(s -> s.values().getOrDefault(kind, 0.0)).max().orElse(0);
    double high = most <= 0 ? 1 : most * 1.1;
    double wide = (WIDTH - LEFT - 8) / end;
    int bottom = top + ROW - 18;
    double tall = (ROW - 28) / high;
    svg.append("<text x=\"0\" y=\"%d\">%s</text>%n".formatted(top + 24, kind.words));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"n\" x=\"0\" y=\"%d\">at most %.1f</text>%n",
            top + 42,
            most));
    svg.append(
        "<line class=\"g\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n"
            .formatted(LEFT, WIDTH - 8, bottom, bottom));
    for (double restart : restarts) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"r\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
              LEFT + restart * wide,
              LEFT + restart * wide,
              top + 8,
              bottom));
    }
    var points = new ArrayList<String>();
    for (var sample : samples) {
      var value = sample.values().get(kind);
      if (value != null) {
        points.add(
            String.format(
                Locale.ROOT, "%.1f,%.1f", LEFT + sample.seconds() * wide, bottom - value * tall));
      }
    }
    svg.append("<polyline class=\"l\" points=\"%s\"/>%n".formatted(String.join(" ", points)));
  }
}
