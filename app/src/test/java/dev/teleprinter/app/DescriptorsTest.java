// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescriptorsTest {
  @Test
  void readsTheSoftLimit() {
    var lines =
        Stream.of(
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max processes             96000                96000                processes ",
            "Max open files            256                  4096                 files     ");
    assertThat(Descriptors.ofLimits(lines).limit()).isEqualTo(256);
  }

  @Test
  void readsThatThereIsNone() {
    var line = "Max open files            unlimited            unlimited            files";
    assertThat(Descriptors.ofLimits(Stream.of(line)).limit()).isEqualTo(Long.MAX_VALUE);
    assertThat(Descriptors.ofLimits(Stream.of("nonsense")).limit()).isEqualTo(Long.MAX_VALUE);
    assertThat(new Descriptors(Long.MAX_VALUE).connectionsMax(2, 0)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void knowsThatOfThisProcess() {
    assertThat(Descriptors.ofProcess().limit()).isGreaterThan(64);
  }

  @ParameterizedTest
  @ValueSource(ints = {256, 1024, 4096, 20_000, 1_048_576})
  void leavesRoomForFilesUpstreamsAndRefusals(int limit) {
    int connections = new Descriptors(limit).connectionsMax(2, 1000);
    int refused = Math.clamp(connections / 10, 16, 512);
    assertThat(connections).isGreaterThanOrEqualTo(limit / 4);
    assertThat(limit - connections - refused).isGreaterThan(100);
  }

  @Test
  void servesTheDefaultOfConnectionsUnderTwentyThousand() {
    assertThat(new Descriptors(20_000).connectionsMax(2, 1000)).isGreaterThanOrEqualTo(18_000);
  }

  @Test
  void wantsWhatItWouldGrant() {
    long wanted = Descriptors.wanted(18_000, 2, 1000);
    assertThat(new Descriptors(wanted).connectionsMax(2, 1000)).isGreaterThanOrEqualTo(18_000);
  }

  @Test
  void servesAFewWhateverTheLimit() {
    assertThat(new Descriptors(64).connectionsMax(8, 1000)).isEqualTo(8);
  }
}
