// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DelaysTest {
  @Test
  void tellsQuantilesAtMostAQuarterTooHighAndNeverTooLow() {
    var random = new SplittableRandom(5);
    var delays = new Delays();
    var all = new long[10_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = random.nextLong(1L << random.nextInt(1, 62));
      delays.add(all[i]);
    }
    Arrays.sort(all);
    var counts = delays.counts();
    assertThat(counts.total()).isEqualTo(all.length);
    for (double share : new double[] {0.001, 0.5, 0.9, 0.99, 1}) {
      long exact = all[(int) Math.ceil(all.length * share) - 1];
      assertThat(counts.quantile(share).toNanos())
          .as("%s", share)
          .isBetween(exact, exact + exact / 4);
    }
  }

  @Test
  void holdsEveryLong() {
    var delays = new Delays();
    for (long nanos : new long[] {Long.MIN_VALUE, -1, 0, 1, 3, 4, 5, Long.MAX_VALUE}) {
      delays.add(nanos);
    }
    assertThat(delays.counts().quantile(1)).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
    assertThat(delays.counts().quantile(0.01)).isEqualTo(Duration.ZERO);
  }

  @Test
  void looksAtAPartOfTime() {
    var delays = new Delays();
    delays.add(1_000_000_000);
    var before = delays.counts();
    assertThat(before.since(before).quantile(0.99)).as("nothing").isEqualTo(Duration.ZERO);
    delays.add(3);
    var since = delays.counts().since(before);
    assertThat(since.total()).isEqualTo(1);
    assertThat(since.quantile(0.99)).isEqualTo(Duration.ofNanos(3));
    assertThat(since.plus(before).total()).isEqualTo(2);
    assertThat(Delays.Counts.none().total()).isZero();
  }
}
