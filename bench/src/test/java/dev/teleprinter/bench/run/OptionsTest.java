// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
  private static final Path REPORT = Path.of("report");

  @Test
  void runsEverythingWhenNothingIsNamed() {
    var options = Options.of(List.of(), REPORT);
    assertThat(options.scenarios()).containsExactly(Scenario.values());
    assertThat(options.report()).isEqualTo(REPORT);
  }

  @Test
  void variesThePlansOfTheScenariosNamed() {
    var options =
        Options.of(
            List.of("one-at-a-time", "--readers", "7", "--bytes", "1024", "--rounds", "2"), REPORT);
    assertThat(options.scenarios()).containsExactly(Scenario.ONE_AT_A_TIME);
    assertThat(options.rounds()).isEqualTo(2);
    var plan = options.variation().apply(Scenario.ONE_AT_A_TIME.plan);
    assertThat(plan.readers()).isEqualTo(7);
    assertThat(plan.dataBytes()).isEqualTo(1024);
  }

  @Test
  void readsTargetsAndCores() {
    var options = Options.of(List.of("--targets", "nchan,floor", "--load-core", "3"), REPORT);
    assertThat(options.targets()).containsExactly("nchan", "floor");
    assertThat(options.loadCore()).isEqualTo("3");
    assertThat(options.onlyRenders()).isFalse();
    assertThat(Options.of(List.of("--render"), REPORT).onlyRenders()).isTrue();
  }

  @Test
  void keepsItToItselfWhereTheReportGoes() {
    var options = Options.of(List.of("idle", "--report", "elsewhere", "--rounds", "1"), REPORT);
    assertThat(options.report()).isEqualTo(Path.of("elsewhere"));
    assertThat(options.arguments()).containsExactly("idle", "--rounds", "1");
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> Options.of(List.of("nothing"), REPORT))
        .hasMessageContaining("nothing (expected: fanout-saturated");
    assertThatThrownBy(() -> Options.of(List.of("--rounds"), REPORT))
        .hasMessageContaining("--rounds");
    assertThatThrownBy(() -> Options.of(List.of("--rounds", "many"), REPORT))
        .hasMessageContaining("many (expected: a number)");
  }
}
