// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Everything that was measured for one report, as the raw file has it: the page and the charts are
 * made of nothing else. Immutable.
 *
 * @param machine where it was measured
 * @param scenarios by name
 */
public record Results(String machine, Map<String, Measured> scenarios) {

  /**
   * One scenario's run. Immutable.
   *
   * @param description what it is
   * @param plan who published what to whom
   * @param headline what its chart shows
   * @param commit of which checkout, and when
   * @param command what was typed
   * @param rounds of each target
   * @param seconds of a round
   * @param load the machine's load average when it began and when it ended
   * @param targets by name, in turn
   */
  public record Measured(
      String description,
      String plan,
      Figure headline,
      String commit,
      String command,
      int rounds,
      double seconds,
      String load,
      Map<String, Outcome> targets) {

    Set<Figure> figures() {
      var found = new LinkedHashSet<Figure>();
      Arrays.stream(Figure.values())
          .filter(figure ->
              targets.values().stream()
                  .flatMap(outcome -> outcome.samples.stream())
                  .anyMatch(sample -> sample.figures().containsKey(figure)))
          .forEach(found::add);
      return found;
    }
  }

  /**
   * What one target did in one scenario. Immutable.
   *
   * @param configuration version and configuration
   * @param samples of its rounds whose ledgers were exact
   * @param failure why it was skipped, or a round was void; null when neither
   */
  public record Outcome(String configuration, List<Sample> samples, @Nullable String failure) {
    public Outcome {
      samples = List.copyOf(samples);
    }

    /** {@return the median over the rounds; NaN when there is none} */
    public double median(Figure figure) {
      var sorted = sorted(figure);
      int n = sorted.length;
      return n == 0 ? Double.NaN : (sorted[n / 2] + sorted[(n - 1) / 2]) / 2;
    }

    double least(Figure figure) {
      var sorted = sorted(figure);
      return sorted.length == 0 ? Double.NaN : sorted[0];
    }

    double most(Figure figure) {
      var sorted = sorted(figure);
      return sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
    }

    private double[] sorted(Figure figure) {
      return samples.stream()
          .mapToDouble(sample -> sample.of(figure))
          .filter(value -> !Double.isNaN(value))
          .sorted()
          .toArray();
    }
  }

  /** {@return these with one more scenario, or a newer run of one} */
  public Results with(String scenario, Measured measured) {
    var all = new LinkedHashMap<>(scenarios);
    all.put(scenario, measured);
    return new Results(machine, all);
  }

  /** {@return what the file holds; nothing yet when there is no file} */
  public static Results readOr(Path file, String machine) throws IOException {
    return Files.exists(file)
        ? JsonMapper.shared().readValue(Files.readString(file), Results.class)
        : new Results(machine, Map.of());
  }

  /** Writes the file. */
  public void write(Path file) throws IOException {
    Files.writeString(
        file, JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n");
  }
}
