// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One target's samples of one scenario. Immutable.
 *
 * @param target its name
 * @param samples of all rounds whose ledger was exact
 * @param failure why a round was void; null when none was
 */
record Stats(String target, List<Sample> samples, @Nullable String failure) {
  Stats {
    samples = List.copyOf(samples);
  }

  double median(ToDoubleFunction<Sample> figure) {
    var sorted = samples.stream().mapToDouble(figure).sorted().toArray();
    return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
  }

  double min(ToDoubleFunction<Sample> figure) {
    return samples.stream().mapToDouble(figure).min().orElse(0);
  }

  double max(ToDoubleFunction<Sample> figure) {
    return samples.stream().mapToDouble(figure).max().orElse(0);
  }
}
