// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Journal.AppendListener;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.Topics;
import io.netty.channel.EventLoop;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Delivery on all event loops: wakes those that have subscribers of a topic with news, and counts
 * readers. Thread-safe.
 */
final class Delivery implements Readers {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private final Journal journal;
  private final MemoryBudget memory;
  private final ColdReads coldReads;
  private final Map<EventLoop, LoopDelivery> byLoop = new ConcurrentHashMap<>();
  private final List<LoopDelivery> loops = new ArrayList<>();
  private final Map<String, Audience> audiences = new ConcurrentHashMap<>();

  // Any thread.
  private final AtomicBoolean ringsAsked = new AtomicBoolean();
  private volatile boolean ringsAvailable; // written once, when it is known

  Delivery(
      Journal journal,
      List<EventLoop> eventLoops,
      ServerConfig config,
      MemoryBudget memory,
      Ticker ticker) {
    this.journal = journal;
    this.memory = memory;
    this.coldReads = new ColdReads(journal, config.limits().deliverBytesMax());
    for (var eventLoop : eventLoops) {
      var loop = new LoopDelivery(eventLoop, this, config, ticker);
      byLoop.put(eventLoop, loop);
      loops.add(loop);
      Guarded.repeat(eventLoop, loop::tick, 1, TimeUnit.SECONDS);
    }
    journal.onAppend(
        new AppendListener() {
          @Override
          public void onAppend(List<String> topics) {
            mark(topics);
          }

          @Override
          public void onTurnOver() {
            wake();
          }
        });
    journal.helpAppending(this::helps);
  }

  /**
   * {@return whether loops may try to have a {@link SendRing}} Not before that is known, which is
   * found out when the first of them asks: it takes a tenth of a start. Any thread.
   */
  boolean mayUseRings() {
    if (!ringsAvailable && !ringsAsked.getAndSet(true)) {
      Thread.ofVirtual().name("tp-rings").start(() -> ringsAvailable = IoUring.isAvailable());
    }
    return ringsAvailable;
  }

  Journal journal() {
    return journal;
  }

  /**
   * {@return whether there is memory for the names that one more subscriber would hold} They are
   * reserved when it joins. Any thread.
   */
  boolean hasRoomFor(Topics topics) {
    long bytes = Subscription.nameBytes(topics);
    boolean fits = memory.tryReserve(Holder.REQUESTS, bytes);
    if (fits) {
      memory.release(Holder.REQUESTS, bytes);
    }
    return fits;
  }

  MemoryBudget memory() {
    return memory;
  }

  ColdReads coldReads() {
    return coldReads;
  }

  List<LoopDelivery> loops() {
    return loops;
  }

  LoopDelivery of(EventLoop eventLoop) {
    var loop = byLoop.get(eventLoop);
    if (loop == null) {
      throw new IllegalStateException("event loop: not one of the server's");
    }
    return loop;
  }

  /** What an event loop has queued it appends itself, at the end of its round. Any thread. */
  private boolean helps() {
    for (int l = 0; l < loops.size(); l++) {
      var loop = loops.get(l);
      if (loop.loop().inEventLoop()) {
        return loop.appendSoon();
      }
    }
    return false;
  }

  /** On whichever thread appends. */
  private void mark(List<String> topics) {
    for (int l = 0; l < loops.size(); l++) {
      loops.get(l).mark(topics);
    }
  }

  /** At most one wake per loop. Any thread. */
  private void wake() {
    for (int l = 0; l < loops.size(); l++) {
      loops.get(l).wakeIfMarked();
    }
  }

  void logShed(String reason) {
    LOG.log(Level.DEBUG, "shed a subscriber: {0}", reason);
  }

  void logFailed(RuntimeException cause) {
    LOG.log(Level.ERROR, "a delivery failed; the reader was cut and resumes by its id", cause);
  }

  // ---- Readers.

  void readerCame(String topic) {
    change(topic, 1);
  }

  void readerLeft(String topic) {
    change(topic, -1);
  }

  private void change(String topic, int by) {
    audiences.compute(
        topic,
        (_, before) -> {
          var audience = before == null ? new Audience() : before;
          return audience.change(by) ? audience : null;
        });
  }

  @Override
  public int count(String topic) {
    var audience = audiences.get(topic);
    return audience == null ? 0 : audience.count();
  }

  @Override
  public void watch(String topic, IntConsumer onChange) {
    audiences.compute(
        topic,
        (_, before) -> {
          var audience = before == null ? new Audience() : before;
          audience.watch(onChange);
          return audience;
        });
  }

  @Override
  public void unwatch(String topic) {
    audiences.computeIfPresent(
        topic, (_, audience) -> audience.count() == 0 ? null : audience.withoutWatcher());
  }

  @Override
  public int count() {
    return onLoops(loop -> loop.subscribers().size()).stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public List<Reader> list(int eachLoopMax) {
    return onLoops(loop -> list(loop, eachLoopMax)).stream().flatMap(List::stream).toList();
  }

  @Override
  public boolean shed(long number) {
    return onLoops(loop -> shed(loop, number)).contains(true);
  }

  private static List<Reader> list(LoopDelivery loop, int readersMax) {
    long now = loop.ticker().nanos();
    return loop.subscribers().stream().limit(readersMax).map(s -> s.look(now)).toList();
  }

  private static boolean shed(LoopDelivery loop, long number) {
    var found = loop.subscribers().stream().filter(s -> s.number() == number).findFirst();
    found.ifPresent(subscription -> subscription.shed("was asked to"));
    return found.isPresent();
  }

  @Override
  public long shedCount() {
    return loops.stream().mapToLong(LoopDelivery::shedCount).sum();
  }

  @Override
  public DeliveryFigures figures() {
    return onLoops(LoopDelivery::figures).stream()
        .reduce(DeliveryFigures.none(), DeliveryFigures::plus);
  }

  /** What each loop says, asked in its own thread, all at one time. */
  private <T> List<T> onLoops(Function<LoopDelivery, T> ask) {
    var asked =
        loops.stream()
            .map(loop -> CompletableFuture.supplyAsync(() -> ask.apply(loop), loop.loop()));
    return asked.toList().stream().map(CompletableFuture::join).toList();
  }

  /** The readers of one topic, and who wants to know. Guarded by this. */
  private static final class Audience {
    private int count;
    private int toldCount;
    private boolean telling;
    private @Nullable IntConsumer watcher;

    synchronized int count() {
      return count;
    }

    /** {@return whether anybody reads or watches still} */
    synchronized boolean change(int by) {
      count += by;
      if (watcher != null && !telling) {
        telling = true;
        Thread.ofVirtual().name("tp-readers").start(this::tell);
      }
      return count > 0 || watcher != null;
    }

    synchronized void watch(IntConsumer onChange) {
      watcher = onChange;
      toldCount = count;
    }

    synchronized Audience withoutWatcher() {
      watcher = null;
      return this;
    }

    /** One teller at a time, so that changes arrive in order; the watcher runs outside the lock. */
    private void tell() {
      while (true) {
        IntConsumer to;
        int now;
        synchronized (this) {
          if (watcher == null || count == toldCount) {
            telling = false;
            return;
          }
          to = watcher;
          now = count;
          toldCount = now;
        }
        try {
          to.accept(now);
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, "a watcher of readers failed", e);
        }
      }
    }
  }
}
