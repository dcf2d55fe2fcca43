// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.Journal.Outcomes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Appends on their way to the appender: many producers, one consumer at a time, bounded by bytes.
 * Thread-safe; {@link #take} is for whoever has the appender's turn.
 *
 * <p>A linked list in which a producer swaps itself in as the new tail and then links its
 * predecessor to it (Vyukov). Between the two steps the consumer sees the list end early, which
 * only means that it comes back. The bound is a semaphore of KiB: its uncontended path is one
 * compare-and-set, and when it is used up producers block in order.
 */
final class AppendQueue {
  private static final VarHandle NEXT;
  private static final VarHandle TAIL;
  private static final VarHandle PARKED;

  static {
    try {
      var lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Pending.class, "next", Pending.class);
      TAIL = lookup.findVarHandle(AppendQueue.class, "tail", Pending.class);
      PARKED = lookup.findVarHandle(AppendQueue.class, "parked", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Semaphore kibibytes;
  private final int kibibytesMax;

  // Written by producers through TAIL.
  @SuppressWarnings({"FieldCanBeFinal", "UnusedVariable"})
  private Pending tail;

  private final Thread consumer; // the one that parks

  // Written by the consumer.
  private Pending head;

  // Set by the consumer, cleared by whoever wakes it.
  private volatile boolean parked;

  // Written by the consumer, read by producers.
  private volatile boolean shut;

  AppendQueue(long bytesMax, Thread consumer) {
    this.kibibytesMax = (int) Math.min(Integer.MAX_VALUE, (bytesMax >> 10) + 1);
    this.kibibytes = new Semaphore(kibibytesMax, true);
    this.consumer = consumer;
    this.head = Pending.sweep();
    this.tail = head;
  }

  /** Adds to the end; blocks while the queue is full, and an interrupt does not end the wait. */
  void put(Pending pending) {
    kibibytes.acquireUninterruptibly(room(pending));
    link(pending);
  }

  /** Adds to the end. Returns false when the queue is full. */
  boolean offer(Pending pending) {
    if (!kibibytes.tryAcquire(room(pending))) {
      return false;
    }
    link(pending);
    return true;
  }

  /** {@return the room it takes} One whose topics' names are larger than all of it takes all. */
  int room(Pending pending) {
    return pending.isProbe ? 0 : Math.min(pending.kibibytes, kibibytesMax);
  }

  private void link(Pending pending) {
    var before = (Pending) TAIL.getAndSet(this, pending);
    NEXT.setRelease(before, pending); // pairs with getAcquire in peek()
    VarHandle.fullFence(); // linked before it is read who will take it: see park()
    if (shut) {
      fail(pending); // linked when nobody was to take it any more, or about to be failed anyway
    }
  }

  /** {@return the next append, which stays, or null when there is none now} Consumer only. */
  @Nullable Pending peek() {
    return (Pending) NEXT.getAcquire(head);
  }

  /** {@return the next append, or null when there is none now} Consumer only. */
  @Nullable Pending take() {
    var next = peek();
    if (next != null) {
      head.next = null; // helps an old generation that holds a consumed node let go of the list
      head = next;
    }
    return next;
  }

  /** {@return whether there is a next append, unless another consumer has come since} */
  boolean hasNext() {
    return peek() != null;
  }

  /** Gives room back for appends that were taken. Consumer only. */
  void done(int takenKibibytes) {
    kibibytes.release(takenKibibytes);
  }

  /** Waits for an append, or until the time is over. The consumer that was named. */
  void park(long nanos) {
    parked = true;
    VarHandle.fullFence(); // parked before next is read: see link()
    if (!hasNext()) {
      LockSupport.parkNanos(this, nanos);
    }
    parked = false;
  }

  /** Ends a wait of that consumer, after something was added. Any thread. */
  void wakeIfParked() {
    if (parked && PARKED.compareAndSet(this, true, false)) { // one of them is enough to wake it
      LockSupport.unpark(consumer);
    }
  }

  /** Ends a wait of that consumer, or its next. Any thread. */
  void wake() {
    LockSupport.unpark(consumer);
  }

  /**
   * Fails what is queued and all that still comes, so that nobody is left waiting. Consumer only,
   * as its last act.
   */
  void shut() {
    shut = true;
    do {
      for (var pending = take(); pending != null; pending = take()) {
        fail(pending);
      }
      // A producer between its two steps hides those behind it, who may not have seen shut.
      LockSupport.parkNanos(this, 1_000);
    } while (!head.equals(TAIL.getVolatile(this)));
  }

  private void fail(Pending pending) {
    if (pending.tell(null, stopped())) {
      kibibytes.release(room(pending)); // the next who waits for room fails likewise
    }
  }

  static JournalUnavailableException stopped() {
    return new JournalUnavailableException("journal: stopped (expected: a running one)");
  }

  /** An append with its encoded block, which is also the future of its outcome. */
  static final class Pending extends CompletableFuture<Appended> {
    private static final byte[] NONE = {};

    final @Nullable Append append;

    /** The block without its id line. */
    final byte[] rest;

    /** The line of the publisher's own id, if the event has one. */
    final byte @Nullable [] idLine;

    /** A topic to close instead of an event to append. */
    final @Nullable String close;

    /** Something else to do instead, by the appender. */
    final @Nullable Runnable task;

    /** The sequence of an earlier event with the publisher's id, found on the disk; else 0. */
    long duplicateOnDisk;

    /** Up to where the disk was looked at for it: ids after that are in memory. */
    long duplicateSoughtThrough;

    private boolean isProbe; // before it is queued

    /** Who is told the outcome; null when that is whoever has the future. Before it is queued. */
    @Nullable Outcomes outcomes;

    private final int kibibytes;

    // By NEXT.
    @Nullable Pending next;

    // Confined to the consumer: one of them is what tell() tells.
    @Nullable Appended result;
    @Nullable RuntimeException failure;

    private Pending(
        @Nullable Append append,
        byte[] rest,
        byte @Nullable [] idLine,
        @Nullable String close,
        @Nullable Runnable task) {
      this.append = append;
      this.rest = rest;
      this.idLine = idLine;
      this.close = close;
      this.task = task;
      long bytes = rest.length + (idLine == null ? 0L : idLine.length);
      for (int i = 0; append != null && i < append.topics().size(); i++) {
        bytes += append.topics().get(i).length();
      }
      this.kibibytes = 1 + (int) (bytes >> 10);
    }

    static Pending append(Append append, byte[] rest, byte @Nullable [] idLine) {
      return new Pending(append, rest, idLine, null, null);
    }

    static Pending close(String topic) {
      return new Pending(null, NONE, null, topic, null);
    }

    /** To apply retention now. */
    static Pending sweep() {
      return new Pending(null, NONE, null, null, null);
    }

    /** To do something between two appends; it must not fail. */
    static Pending task(Runnable task) {
      return new Pending(null, NONE, null, null, task);
    }

    /** The same that takes no room in the queue. */
    static Pending probe(Runnable task) {
      var probe = task(task);
      probe.isProbe = true;
      return probe;
    }

    @Nullable String publisherId() {
      return append == null || idLine == null ? null : append.event().id();
    }

    /** {@return whether it may have to wait for the disk, to read it} */
    boolean maySeek() {
      return idLine != null || (append == null && close == null);
    }

    /** {@return whether nobody asks more than whether it was appended} */
    boolean isOutcomeOnly() {
      return outcomes != null;
    }

    /** Tells the outcome. */
    void tell() {
      tell(result, failure);
    }

    /** Tells an outcome unless one was told. Returns whether this one is. */
    boolean tell(@Nullable Appended appended, @Nullable RuntimeException refusal) {
      boolean first = refusal == null ? complete(appended) : completeExceptionally(refusal);
      if (first && outcomes != null) {
        outcomes.onOutcome(refusal);
      }
      return first;
    }
  }
}
