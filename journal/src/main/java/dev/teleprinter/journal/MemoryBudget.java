// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The one account of heap memory for everything that others can make grow. Thread-safe.
 *
 * <p>A holder reserves bytes before it keeps them, and releases as many when it lets go of them. A
 * reservation that does not fit is declined; its holder then refuses the request early or pushes
 * back. The bytes are estimates of what the heap holds, rather too large than too small.
 *
 * <p>Two rules keep one holder from starving the others. {@link Holder#TOPICS}, which nothing
 * releases soon, gets half of the budget at most. A {@link Reservation} beyond {@link
 * #SMALL_BYTES_MAX} leaves the last quarter free, so that large bodies never refuse a small
 * request.
 */
public final class MemoryBudget {
  /** A reservation up to here may use the whole budget. */
  public static final long SMALL_BYTES_MAX = 128L << 10;

  private static final long BYTES_MIN = 16L << 20;
  private static final long RUNTIME_BYTES =
      48L << 20; // classes' mirrors, pages, buffers, one batch

  private final long bytesMax;
  private final AtomicLong reserved = new AtomicLong();
  private final Map<Holder, AtomicLong> reservedBy = new EnumMap<>(Holder.class); // never changed
  private final AtomicLong declined = new AtomicLong();

  /** Whose bytes they are. */
  public enum Holder {
    /** Topics: names, logs, segments' descriptors, publishers' ids, indexes of open files. */
    TOPICS,
    /** Requests: bodies and what is parsed of them. */
    REQUESTS,
    /** Replies that are built, or wait to be written. */
    REPLIES,
    /** Answers: the state of those that run or are kept in memory, and upstreams' buffers. */
    ANSWERS
  }

  /** A budget of so many bytes. */
  public MemoryBudget(long bytesMax) {
    if (bytesMax <= 0) {
      throw new IllegalArgumentException("memory budget: " + bytesMax + " (expected: above 0)");
    }
    this.bytesMax = bytesMax;
    for (var holder : Holder.values()) {
      reservedBy.put(holder, new AtomicLong());
    }
  }

  private AtomicLong by(Holder holder) {
    return Objects.requireNonNull(reservedBy.get(holder));
  }

  /**
   * {@return a budget for a process whose heap may have so many bytes} Two fifths are left to the
   * collector, and to what no client can make grow.
   */
  public static MemoryBudget ofHeap(long heapBytesMax) {
    return new MemoryBudget(Math.max(BYTES_MIN, (heapBytesMax - RUNTIME_BYTES) / 5 * 3));
  }

  /** {@return the bytes that may be reserved in all} */
  public long bytesMax() {
    return bytesMax;
  }

  /** {@return the bytes that a holder may reserve in all} */
  public long bytesMax(Holder holder) {
    return holder == Holder.TOPICS ? bytesMax / 2 : bytesMax;
  }

  /** {@return the bytes reserved in all} */
  public long reserved() {
    return reserved.get();
  }

  /** {@return the bytes that a holder has reserved} */
  public long reserved(Holder holder) {
    return by(holder).get();
  }

  /** {@return how many reservations were declined} */
  public long declined() {
    return declined.get();
  }

  /** Reserves bytes, or declines: then nothing is reserved. Never blocks. */
  public boolean tryReserve(Holder holder, long bytes) {
    return tryReserve(holder, bytes, bytesMax);
  }

  private boolean tryReserve(Holder holder, long bytes, long allMax) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: not negative)");
    }
    boolean fits = tryAdd(by(holder), bytes, bytesMax(holder));
    if (fits && !tryAdd(reserved, bytes, allMax)) {
      by(holder).addAndGet(-bytes);
      fits = false;
    }
    if (!fits) {
      declined.incrementAndGet();
    }
    return fits;
  }

  private static boolean tryAdd(AtomicLong sum, long bytes, long max) {
    long before;
    do {
      before = sum.get();
      if (before > max - bytes) {
        return false;
      }
    } while (!sum.compareAndSet(before, before + bytes));
    return true;
  }

  /**
   * Reserves bytes even beyond the limit: for what is there already, such as the topics that a
   * start finds. Later reservations are declined until enough is released.
   */
  public void reserveAlways(Holder holder, long bytes) {
    by(holder).addAndGet(bytes);
    reserved.addAndGet(bytes);
  }

  /** Gives back bytes that were reserved. */
  public void release(Holder holder, long bytes) {
    long left = by(holder).addAndGet(-bytes);
    assert left >= 0 : holder + ": " + left + " bytes reserved (expected: not negative)";
    reserved.addAndGet(-bytes);
  }

  /** {@return a reservation of nothing yet, to grow and to be closed} */
  public Reservation open(Holder holder) {
    return new Reservation(this, holder);
  }

  /** The bytes that one owner has reserved: it grows, and goes back whole. Thread-safe. */
  public static final class Reservation implements AutoCloseable {
    private final MemoryBudget budget;
    private final Holder holder;

    // Guarded by this.
    private long bytes;
    private boolean closed;

    private Reservation(MemoryBudget budget, Holder holder) {
      this.budget = budget;
      this.holder = holder;
    }

    /** Reserves more, or declines: then it is as large as before. Declines once it is closed. */
    public synchronized boolean tryGrow(long more) {
      boolean fits = !closed && budget.tryReserve(holder, more, allMax(more));
      if (fits) {
        bytes += more;
      }
      return fits;
    }

    /** {@return whether it could grow so much at this moment} Reserves nothing. */
    public synchronized boolean canGrow(long more) {
      return !closed
          && budget.reserved(holder) <= budget.bytesMax(holder) - more
          && budget.reserved() <= allMax(more) - more;
    }

    private long allMax(long more) {
      return bytes + more > SMALL_BYTES_MAX
          ? budget.bytesMax - budget.bytesMax / 4
          : budget.bytesMax;
    }

    /** Gives some back. */
    public synchronized void shrink(long less) {
      if (!closed) {
        assert less <= bytes : "shrink: " + less + " (expected: at most " + bytes + ")";
        bytes -= less;
        budget.release(holder, less);
      }
    }

    /** {@return the bytes it has reserved} */
    public synchronized long bytes() {
      return bytes;
    }

    /** Gives all back. Idempotent. */
    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        budget.release(holder, bytes);
        bytes = 0;
      }
    }
  }
}
