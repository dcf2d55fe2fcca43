// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Appends on their way to the appender: many producers, one consumer, bounded by bytes.
 * Thread-safe; {@link #take} is the consumer's.
 *
 * <p>A linked list in which a producer swaps itself in as the new tail and then links its
 * predecessor to it (Vyukov). Between the two steps the consumer sees the list end early, which
 * only means that it comes back. The bound is a semaphore of KiB: its uncontended path is one
 * compare-and-set, and when it is used up producers block in order.
 */
final class AppendQueue {
  private static final VarHandle NEXT;
  private static final VarHandle TAIL;

  static {
    try {
      var lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Pending.class, "next", Pending.class);
      TAIL = lookup.findVarHandle(AppendQueue.class, "tail", Pending.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Semaphore kibibytes;

  // Written by producers through TAIL.
  @SuppressWarnings({"FieldCanBeFinal", "UnusedVariable"})
  private Pending tail;

  // Confined to the consumer.
  private Pending head;
  private final Thread consumer;

  // Written by the consumer, read by producers.
  private volatile boolean parked;

  AppendQueue(long bytesMax, Thread consumer) {
    this.kibibytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, (bytesMax >> 10) + 1), true);
    this.consumer = consumer;
    this.head = new Pending(null, new byte[0], null);
    this.tail = head;
  }

  /** Adds to the end; blocks while the queue is full, and an interrupt does not end the wait. */
  void put(Pending pending) {
    kibibytes.acquireUninterruptibly(pending.kibibytes());
    link(pending);
  }

  /** Adds to the end. Returns false when the queue is full. */
  boolean offer(Pending pending) {
    if (!kibibytes.tryAcquire(pending.kibibytes())) {
      return false;
    }
    link(pending);
    return true;
  }

  private void link(Pending pending) {
    var before = (Pending) TAIL.getAndSet(this, pending);
    NEXT.setRelease(before, pending); // pairs with getAcquire in take()
    VarHandle.fullFence(); // linked before parked is read: see park()
    if (parked) {
      LockSupport.unpark(consumer);
    }
  }

  /** {@return the next append, or null when there is none now} Consumer only. */
  @Nullable Pending take() {
    var next = (Pending) NEXT.getAcquire(head);
    if (next == null) {
      return null;
    }
    head.next = null; // helps an old generation that holds a consumed node let go of the list
    head = next;
    return next;
  }

  /** Gives room back for an append that was taken. Consumer only. */
  void done(Pending pending) {
    kibibytes.release(pending.kibibytes());
  }

  /** Waits for an append, or until the time is over. Consumer only. */
  void park(long nanos) {
    parked = true;
    VarHandle.fullFence(); // parked before next is read: see link()
    if (NEXT.getAcquire(head) == null) {
      LockSupport.parkNanos(this, nanos);
    }
    parked = false;
  }

  /** An append with its encoded block, which is also the future of its result. */
  static final class Pending extends CompletableFuture<Appended> {
    final @Nullable Append append;
    final byte[] rest;

    /** A topic to close instead of an event to append. */
    final @Nullable String close;

    // By NEXT.
    @Nullable Pending next;

    Pending(@Nullable Append append, byte[] rest, @Nullable String close) {
      this.append = append;
      this.rest = rest;
      this.close = close;
    }

    int kibibytes() {
      return 1 + (rest.length >> 10);
    }
  }
}
