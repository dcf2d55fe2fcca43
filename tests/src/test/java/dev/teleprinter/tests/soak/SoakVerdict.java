// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import dev.teleprinter.tests.soak.SoakSample.Kind;
import java.util.List;
import java.util.Locale;

/**
 * Whether one kind of figure was flat: its median in the last third of the time is not above that
 * in the second by more than it may be. The first third is for what is filled once. Immutable.
 */
record SoakVerdict(Kind kind, double secondThird, double lastThird) {
  static SoakVerdict of(Kind kind, List<SoakSample> samples) {
    double end = samples.getLast().seconds();
    return new SoakVerdict(
        kind,
        median(kind, samples, end / 3, end * 2 / 3),
        median(kind, samples, end * 2 / 3, end + 1));
  }

  private static double median(Kind kind, List<SoakSample> samples, double from, double to) {
    var values =
        samples.stream()
            .filter(sample -> sample.seconds() >= from && sample.seconds() < to)
            .map(sample -> sample.values().get(kind))
            .filter(value -> value != null)
            .sorted()
            .toList();
    return values.isEmpty() ? Double.NaN : values.get(values.size() / 2);
  }

  boolean isFlat() {
    double most = secondThird + Math.max(kind.more, secondThird * kind.shareMore);
    return lastThird <= most; // NaN is not
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%-30s %9.2f then %9.2f  %s",
        kind.words,
        secondThird,
        lastThird,
        isFlat() ? "flat" : "GROWS");
  }
}
