// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The periodic concurrent cycles of G1, paused by a manageable flag. At zero the runtime looks at
 * the flag each second; otherwise a new value counts only after the old one has passed.
 * Thread-safe.
 */
final class PeriodicCycles implements CollectionPace.Collector {
  static final String FLAG = "G1PeriodicGCInterval";
  private static final String OFF = "0";
  private static final int PAUSES_EACH_CYCLE = 2; // each is counted: remark and cleanup

  private final HotSpotDiagnosticMXBean flags;
  private final String interval; // of the command line
  private final GarbageCollectorMXBean concurrent;
  private final List<GarbageCollectorMXBean> all;

  private PeriodicCycles(
      HotSpotDiagnosticMXBean flags,
      String interval,
      GarbageCollectorMXBean concurrent,
      List<GarbageCollectorMXBean> all) {
    this.flags = flags;
    this.interval = interval;
    this.concurrent = concurrent;
    this.all = all;
  }

  /** {@return those of this process, or none when it has none that can be paused} */
  static CollectionPace.Collector ofProcess() {
    var flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    var all = ManagementFactory.getGarbageCollectorMXBeans();
    var concurrent =
        all.stream().filter(each -> each.getName().equals("G1 Concurrent GC")).findFirst();
    var interval = flags == null ? null : interval(flags);
    return interval == null || concurrent.isEmpty()
        ? new None()
        : new PeriodicCycles(flags, interval, concurrent.get(), all);
  }

  private static @Nullable String interval(HotSpotDiagnosticMXBean flags) {
    try {
      var option = flags.getVMOption(FLAG);
      return option.isWriteable() && !option.getValue().equals(OFF) ? option.getValue() : null;
    } catch (IllegalArgumentException e) {
      return null; // another runtime
    }
  }

  @Override
  public long cycles() {
    return concurrent.getCollectionCount() / PAUSES_EACH_CYCLE;
  }

  @Override
  public long collections() {
    return all.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
  }

  @Override
  public void pause() {
    flags.setVMOption(FLAG, OFF);
  }

  @Override
  public void resume() {
    flags.setVMOption(FLAG, interval);
  }

  /** Nothing to pause: no cycle ever ends. Stateless. */
  record None() implements CollectionPace.Collector {
    @Override
    public long cycles() {
      return 0;
    }

    @Override
    public long collections() {
      return 0;
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}
  }
}
