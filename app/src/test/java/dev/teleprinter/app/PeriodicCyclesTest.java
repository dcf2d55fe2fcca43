// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeriodicCyclesTest {
  private final HotSpotDiagnosticMXBean flags =
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
  private String before = "";

  @BeforeEach
  void needsG1() {
    assumeTrue(
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .anyMatch(each -> each.getName().equals("G1 Concurrent GC")),
        "this runtime's collector is not G1");
    before = interval();
  }

  @AfterEach
  void restores() {
    if (!before.isEmpty()) {
      flags.setVMOption(PeriodicCycles.FLAG, before);
    }
  }

  @Test
  void pausesAndResumesAtTheIntervalOfTheCommandLine() {
    flags.setVMOption(PeriodicCycles.FLAG, "14000");
    var cycles = PeriodicCycles.ofProcess();
    cycles.pause();
    assertThat(interval()).isEqualTo("0");
    cycles.resume();
    assertThat(interval()).isEqualTo("14000");
  }

  @Test
  void countsCyclesAmongTheCollections() {
    flags.setVMOption(PeriodicCycles.FLAG, "14000");
    var cycles = PeriodicCycles.ofProcess();
    assertThat(cycles.collections()).isGreaterThanOrEqualTo(cycles.cycles());
  }

  @Test
  void doesNothingWhereNoCyclesWereAskedFor() {
    flags.setVMOption(PeriodicCycles.FLAG, "0");
    var cycles = PeriodicCycles.ofProcess();
    cycles.resume();
    cycles.pause();
    assertThat(interval()).isEqualTo("0");
    assertThat(cycles.cycles()).isZero();
  }

  private String interval() {
    return flags.getVMOption(PeriodicCycles.FLAG).getValue();
  }
}
