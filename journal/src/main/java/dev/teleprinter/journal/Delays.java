// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long something took, again and again: counts in buckets, four to each power of two, so that
 * an answer is at most a quarter too high. One thread adds, any thread reads.
 */
public final class Delays {
  private static final int PARTS_LOG2 = 2;
  private static final int PARTS = 1 << PARTS_LOG2;
  private static final int BUCKETS = (Long.SIZE - PARTS_LOG2) * PARTS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  /** Nothing counted yet. */
  public Delays() {}

  /** Counts one. Only ever from one thread, or under a lock; negative ones are 0. */
  public void add(long nanos) {
    int bucket = bucket(Math.max(0, nanos));
    counts.setRelease(bucket, counts.getPlain(bucket) + 1);
  }

  /** {@return what was counted so far} */
  public Counts counts() {
    var copy = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      copy[i] = counts.getAcquire(i);
    }
    return new Counts(copy);
  }

  private static int bucket(long nanos) {
    if (nanos < PARTS) {
      return (int) nanos;
    }
    int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int part = (int) (nanos >>> (power - PARTS_LOG2)) & (PARTS - 1);
    return (power - PARTS_LOG2 + 1) * PARTS + part;
  }

  /** The longest that falls into a bucket. */
  private static long longest(int bucket) {
    if (bucket < PARTS) {
      return bucket;
    }
    int shift = bucket / PARTS - 1;
    return ((long) (PARTS + bucket % PARTS + 1) << shift) - 1;
  }

  /** What was counted up to a moment, or between two. Immutable. */
  public static final class Counts {
    private final long[] counts;

    private Counts(long[] counts) {
      this.counts = counts;
    }

    /** {@return nothing counted} */
    public static Counts none() {
      return new Counts(new long[BUCKETS]);
    }

    /** {@return what was counted after {@code earlier} counts of the same} */
    public Counts since(Counts earlier) {
      return combined(earlier, -1);
    }

    /** {@return both together} */
    public Counts plus(Counts others) {
      return combined(others, 1);
    }

    private Counts combined(Counts others, int sign) {
      var sums = counts.clone();
      for (int i = 0; i < BUCKETS; i++) {
        sums[i] += sign * others.counts[i];
      }
      return new Counts(sums);
    }

    /** {@return how many there are} */
    public long total() {
      long total = 0;
      for (long count : counts) {
        total += count;
      }
      return total;
    }

    /**
     * {@return how long the quickest {@code share} of them took at most; zero when there is none}
     */
    public Duration quantile(double share) {
      long wanted = Math.max(1, (long) Math.ceil(total() * share));
      long passed = 0;
      for (int i = 0; i < BUCKETS; i++) {
        passed += counts[i];
        if (passed >= wanted) {
          return Duration.ofNanos(longest(i));
        }
      }
      return Duration.ZERO;
    }
  }
}
