// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashesTest {
  private static final int PLACES = 1 << 12;

  // As sealed files have it: other values, and what was written before is no longer found.
  private static final long UNSEEDED = 0x6b9a25a59e147c3bL;
  private static final long UNSEEDED_PAIR = 0x5558ac41a6007caeL;

  /** Names as people choose them, and as those do who mean harm. */
  private static List<String> names() {
    var names = new ArrayList<String>();
    for (int i = 0; i < PLACES; i++) {
      names.add("https://example.com/orders/" + i);
      names.add("chatcmpl-" + Integer.toString(i, 36));
      names.add("\0".repeat(i)); // differ in their length only
      var bits = new StringBuilder(); // differ in the upper bit of characters only
      for (int bit = 0; bit < 12; bit++) {
        bits.append((char) ('a' + ((i >> bit & 1) << 15)));
      }
      names.add(bits.toString());
    }
    return names;
  }

  @Test
  void namesSpreadEvenlyUnderAnySeed() {
    var random = new Random(11);
    var names = names();
    for (int round = 0; round < 20; round++) {
      long seed = random.nextLong();
      var places = new int[PLACES];
      for (var name : names) {
        places[(int) Hashes.of(seed, name) & (PLACES - 1)]++;
      }
      // Thrown by chance, of 4 in a place on average, the fullest of 4,096 has some 14.
      assertThat(Arrays.stream(places).max().orElseThrow()).as("seed %d", seed).isLessThan(24);
    }
  }

  @Test
  void noTwoOfThemHaveOneHashUnderMostSeeds() {
    var random = new Random(12);
    var names = names();
    for (int round = 0; round < 20; round++) {
      long seed = random.nextLong();
      assertThat(names.stream().distinct().mapToLong(name -> Hashes.of(seed, name)).distinct())
          .as("seed %d", seed)
          .hasSize((int) names.stream().distinct().count());
    }
  }

  @Test
  void theSeedDecides() {
    assertThat(Hashes.of(1, "topic")).isNotEqualTo(Hashes.of(2, "topic"));
  }

  @Test
  void withoutASeedItIsTheSameInEveryRun() {
    assertThat(Hashes.of("topic")).isEqualTo(UNSEEDED);
    assertThat(Hashes.of("topic", "id")).isEqualTo(UNSEEDED_PAIR);
  }
}
