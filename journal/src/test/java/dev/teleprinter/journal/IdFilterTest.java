// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class IdFilterTest {
  private static final int IDS = 10_000;

  @Test
  void knowsEveryIdAndFewOthers() {
    var filter = new IdFilter(IDS);
    for (int i = 0; i < IDS; i++) {
      filter.add(Hashes.of("topic", "urn:uuid:" + i));
    }
    assertThat(IntStream.range(0, IDS))
        .allMatch(i -> filter.mayContain(Hashes.of("topic", "urn:uuid:" + i)));
    long inVain =
        IntStream.range(IDS, 11 * IDS)
            .filter(i -> filter.mayContain(Hashes.of("topic", "urn:uuid:" + i)))
            .count();
    assertThat(inVain).isLessThan(IDS / 10); // one in a hundred; it should be one in 300
  }

  @Test
  void anEmptyOneKnowsNone() {
    assertThat(new IdFilter(0).mayContain(Hashes.of("topic", "id"))).isFalse();
  }
}
