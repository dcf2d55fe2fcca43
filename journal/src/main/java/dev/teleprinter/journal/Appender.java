// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.journal.Journal.AppendListener;
import dev.teleprinter.sse.EventEncoder;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes: here an event gets its number. It takes what is queued, writes each
 * frame into its topic logs and makes it visible, then tells the listeners once for the batch and
 * the publishers one by one; then it trims.
 *
 * <p>Everything is confined to its thread but {@link #put}, {@link #offer}, {@link #latest}, {@link
 * #forgottenThrough}, {@link #sweepNow} and {@link #close}.
 */
final class Appender implements Runnable {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int BATCH_MAX = 256;
  private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Appended CLOSED = new Appended(0, "", false);
  private static final VarHandle LATEST;

  static {
    try {
      LATEST = MethodHandles.lookup().findVarHandle(Appender.class, "latest", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final JournalConfig config;
  private final String epoch;
  private final Clock clock;
  private final long startSeconds;
  private final Map<String, TopicLog> logs; // entries are added and removed here only
  private final List<AppendListener> listeners;
  private final SegmentMemory memory;
  private final Thread thread;
  private final AppendQueue queue;

  // Written by the appender, read by any thread.
  @SuppressWarnings("FieldCanBeFinal")
  private long latest; // by LATEST

  private volatile long forgottenThrough;

  // Written by any thread.
  private volatile boolean closing;

  // Confined to the appender.
  private final List<Pending> batch = new ArrayList<>(BATCH_MAX);
  private final List<Appended> results = new ArrayList<>(BATCH_MAX);
  private final List<String> touched = new ArrayList<>(BATCH_MAX);
  private final List<TopicLog> writing = new ArrayList<>(4);
  private int sweptSeconds;

  Appender(
      JournalConfig config,
      String epoch,
      Clock clock,
      Map<String, TopicLog> logs,
      List<AppendListener> listeners) {
    this.config = config;
    this.epoch = epoch;
    this.clock = clock;
    this.startSeconds = clock.instant().getEpochSecond();
    this.logs = logs;
    this.listeners = listeners;
    this.memory = new SegmentMemory(config.memoryBytesMax());
    this.thread = Thread.ofPlatform().name("tp-append-0").daemon().unstarted(this);
    this.queue = new AppendQueue(config.queuedBytesMax(), thread);
  }

  void start() {
    thread.start();
  }

  long latest() {
    return (long) LATEST.getAcquire(this); // pairs with setRelease in append()
  }

  /** {@return the last sequence of any topic that was forgotten whole} */
  long forgottenThrough() {
    return forgottenThrough;
  }

  void put(Pending pending) {
    refuseWhenClosing();
    queue.put(pending);
    failIfMissed(pending);
  }

  boolean offer(Pending pending) {
    refuseWhenClosing();
    boolean taken = queue.offer(pending);
    failIfMissed(pending);
    return taken;
  }

  private void refuseWhenClosing() {
    if (closing) {
      throw stopped();
    }
  }

  /** An append that slipped in while the appender stopped is not left waiting for ever. */
  private void failIfMissed(Pending pending) {
    if (closing && !thread.isAlive()) {
      pending.completeExceptionally(stopped());
    }
  }

  private static JournalUnavailableException stopped() {
    return new JournalUnavailableException("journal: stopped (expected: a running one)");
  }

  @Override
  public void run() {
    while (true) {
      boolean last = closing; // before the queue is looked at, so that nothing is left in it
      boolean worked = appendBatch();
      int seconds = seconds();
      if (seconds != sweptSeconds) {
        sweptSeconds = seconds;
        sweep(seconds);
      }
      if (worked) {
        continue;
      }
      if (last) {
        return;
      }
      queue.park(SWEEP_NANOS);
    }
  }

  private int seconds() {
    return (int) (clock.instant().getEpochSecond() - startSeconds);
  }

  private boolean appendBatch() {
    int seconds = seconds();
    for (var pending = queue.take(); pending != null; pending = queue.take()) {
      handle(pending, seconds);
      if (batch.size() == BATCH_MAX) {
        break;
      }
    }
    if (batch.isEmpty()) {
      return false;
    }
    if (!touched.isEmpty()) {
      for (var listener : listeners) {
        tell(listener);
      }
    }
    for (int i = 0; i < batch.size(); i++) {
      queue.done(batch.get(i));
      var result = results.get(i);
      if (result != null) {
        batch.get(i).complete(result);
      }
    }
    for (int i = 0; i < touched.size(); i++) {
      var log = logs.get(touched.get(i));
      if (log != null) {
        log.trim(seconds);
      }
    }
    batch.clear();
    results.clear();
    touched.clear();
    return true;
  }

  private void tell(AppendListener listener) {
    try {
      listener.onAppend(touched);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a listener failed; its readers may be late", e);
    }
  }

  private void handle(Pending pending, int seconds) {
    Appended result = null;
    try {
      if (pending.close != null) {
        result = close(pending.close, seconds);
      } else if (pending.append != null) {
        result = append(pending.append, pending.rest, seconds);
      } else {
        sweep(seconds);
        result = CLOSED;
      }
    } catch (TopicClosedException | JournalUnavailableException e) {
      pending.completeExceptionally(e);
    } catch (RuntimeException | OutOfMemoryError e) {
      // The appender must outlive a bug and a refused allocation: everybody else waits for it.
      LOG.log(Level.ERROR, "an append failed", e);
      pending.completeExceptionally(
          new JournalUnavailableException("journal: the append failed: " + e));
    }
    batch.add(pending);
    results.add(result);
  }

  private Appended append(Append append, byte[] rest, int seconds) {
    var topics = append.topics();
    writing.clear();
    for (int i = 0; i < topics.size(); i++) {
      writing.add(openLog(topics.get(i)));
    }
    String publisherId = append.event().id();
    if (publisherId != null) {
      long before = writing.get(0).sequenceOfPublisherId(publisherId);
      if (before > 0) {
        return new Appended(before, publisherId, true);
      }
    }
    long sequence = latest + 1; // plain read: nobody else writes it
    byte[] idLine =
        publisherId == null
            ? EventIds.line(append.idForm(), epoch, sequence)
            : EventEncoder.idLine(publisherId);
    write(sequence, seconds, idLine, rest);
    for (int i = 0; i < writing.size(); i++) {
      var log = writing.get(i);
      log.publish(sequence, publisherId);
      touched.add(log.name);
    }
    LATEST.setRelease(this, sequence); // pairs with getAcquire in latest()
    if (append.closing()) {
      writing.forEach(log -> log.close(seconds)); // after latest: see TopicReader.several()
    }
    return new Appended(sequence, idText(append, publisherId, sequence), false);
  }

  private String idText(Append append, @Nullable String publisherId, long sequence) {
    if (publisherId != null) {
      return publisherId;
    }
    var plain = EventIds.of(epoch, sequence);
    return append.idForm() == Append.IdForm.FRAGMENT ? "#" + plain : plain;
  }

  private TopicLog openLog(String topic) {
    var log = logs.get(topic);
    if (log == null) {
      if (logs.size() >= config.topicsMax()) {
        throw new JournalUnavailableException(
            "topics: " + logs.size() + " (expected: < " + config.topicsMax() + ")");
      }
      log = new TopicLog(topic, config.retentionOf(topic));
      logs.put(topic, log);
    }
    if (log.closed) {
      throw new TopicClosedException(topic);
    }
    return log;
  }

  /**
   * Writes the frame into every log of {@link #writing}, or into none: what was written is visible
   * only after publish(), and the next write to the same log begins at the same place.
   */
  private void write(long sequence, int seconds, byte[] idLine, byte[] rest) {
    if (writeAll(sequence, seconds, idLine, rest)) {
      return;
    }
    trimForSpace(); // may take a segment just written to: begin again
    if (!writeAll(sequence, seconds, idLine, rest)) {
      throw new JournalUnavailableException(
          "memory: %d bytes in use (expected: room within %d)"
              .formatted(memory.usedBytes(), config.memoryBytesMax()));
    }
  }

  private boolean writeAll(long sequence, int seconds, byte[] idLine, byte[] rest) {
    for (int i = 0; i < writing.size(); i++) {
      if (!writing.get(i).write(memory, sequence, seconds, idLine, rest)) {
        return false;
      }
    }
    return true;
  }

  private Appended close(String topic, int seconds) {
    var log = logs.get(topic);
    if (log == null) {
      log = openLog(topic);
    }
    if (!log.closed) {
      log.close(seconds);
      touched.add(topic);
    }
    return CLOSED;
  }

  /** Applies every topic's retention, and forgets closed topics whose time is over. */
  private void sweep(int seconds) {
    for (var each = logs.values().iterator(); each.hasNext(); ) {
      var log = each.next();
      log.trim(seconds);
      if (log.isOver(seconds)) {
        forgottenThrough = Math.max(forgottenThrough, log.latest());
        each.remove(); // before its segments go, so that no reader finds it half empty
        log.trimAll();
      }
    }
  }

  /** Frees a sixteenth of the memory, oldest segments first, those of closed topics before all. */
  private void trimForSpace() {
    long wanted = memory.usedBytes() - config.memoryBytesMax() / 16;
    var oldestFirst = new ArrayList<>(logs.values());
    oldestFirst.sort(
        Comparator.comparing((TopicLog log) -> !log.closed)
            .thenComparingLong(l -> l.earliestAfter(0)));
    while (memory.usedBytes() > wanted) {
      boolean trimmed = false;
      for (var log : oldestFirst) {
        trimmed |= log.trimSegment();
        if (memory.usedBytes() <= wanted) {
          break;
        }
      }
      if (!trimmed) {
        return;
      }
    }
    LOG.log(Level.WARNING, "memory for frames is used up: the oldest were trimmed");
  }

  /** Applies retention now. Waits. */
  void sweepNow() {
    var sweep = new Pending(null, new byte[0], null);
    put(sweep);
    sweep.join();
  }

  /** Stops after what is queued. Waits. Idempotent. */
  void close() {
    closing = true;
    java.util.concurrent.locks.LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    for (var pending = queue.take(); pending != null; pending = queue.take()) {
      pending.completeExceptionally(stopped());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
