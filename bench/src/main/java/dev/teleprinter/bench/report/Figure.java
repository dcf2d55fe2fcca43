// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.report;

/** A kind of figure that a run yields. In this order in tables. */
public enum Figure {
  DELIVERIES("deliveries/s", true),
  DELIVERIES_PER_CPU("deliveries per CPU second", true),
  CPU("us of CPU a delivery", false),
  SERVER_CORES("server, % of a core", false),
  OTHERS("taken by others, % of a core", false),
  LOAD_CORES("load generator, % of a core", false),
  SOURCE_P50("the upstream's own lateness, p50, us", false),
  SOURCE_P99("the upstream's own lateness, p99, us", false),
  P50("p50, us", false),
  P99("p99, us", false),
  P999("p99.9, us", false),
  MAX("max, us", false),
  RSS("RSS, MiB", false),
  RSS_PER_READER_AT_ONCE("RSS a reader when all had come, KiB", false),
  RSS_PER_READER("RSS a reader after an idle while, KiB", false),
  PSS_PER_READER("PSS a reader after an idle while, KiB", false),

  P99_ALONE("p99 without them, us", false),
  P99_BESIDE("p99 beside them, us", false),
  P99_RATIO("beside / without", false),
  RSS_ALONE("RSS without them, MiB", false),
  RSS_MOST("RSS beside them at most, MiB", false),
  SHED("of them cut", true),
  RESUMED_EXACT("of them exact in the end", true),

  VISITS("visits/s", true),

  DROPPED_TO_HEADS("ms to the last response", false),
  DROPPED_TO_TAIL("ms until all are at the tail", false),
  REPLAYED("events replayed", true),

  KILLED_TO_LISTENING("ms from kill to listening", false),
  KILLED_TO_TAIL("ms from kill until all are at the tail", false),
  ACKNOWLEDGED_LOST("acknowledged events a reader misses", false),
  GAPS_TOLD("readers told of a gap", true),

  STARTED("ms from exec to the first event, median", false),
  STARTED_MOST("ms from exec to the first event, most", false),

  PUBLISHED("publications/s", true),
  PUBLISHED_P50("ms until a publication is answered, p50", false),
  PUBLISHED_P99("ms until a publication is answered, p99", false),
  FORCE_P50("ms of a bare force on that disk, p50", false),
  FORCE_P99("ms of a bare force on that disk, p99", false),
  BEYOND_FORCE("p99 beyond the bare force's, ms", false),

  FIRST_BYTE("ms to the first byte, median", false),
  FIRST_BYTE_P99("ms to the first byte, p99", false),
  LAST_BYTE("ms to the last event, median", false);

  /** In words, with its unit. */
  public final String words;

  final boolean moreIsBetter;

  Figure(String words, boolean moreIsBetter) {
    this.words = words;
    this.moreIsBetter = moreIsBetter;
  }

  /** Says how far to trust the others. */
  boolean isContext() {
    return switch (this) {
      case SERVER_CORES, OTHERS, LOAD_CORES, SOURCE_P50, SOURCE_P99 -> true;
      default -> false;
    };
  }
}
