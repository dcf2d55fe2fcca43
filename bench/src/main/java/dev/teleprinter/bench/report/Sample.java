// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/** What one run showed: figures measured together. Immutable. */
public record Sample(Map<Figure, Double> figures) {
  public Sample {
    var copy = new EnumMap<Figure, Double>(Figure.class);
    copy.putAll(figures);
    figures = Collections.unmodifiableMap(copy);
  }

  /** {@return the figure; NaN when this run did not measure it} */
  public double of(Figure figure) {
    return figures.getOrDefault(figure, Double.NaN);
  }

  /** {@return the same with one more} */
  public Sample with(Figure figure, double value) {
    var more = new EnumMap<>(figures);
    more.put(figure, value);
    return new Sample(more);
  }
}
