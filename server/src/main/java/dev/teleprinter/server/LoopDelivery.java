// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.EventIds;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.Read;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.LoopTopic.Membership;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Delivery on one event loop: writes to each of its subscribers what lies after the subscriber's
 * cursor.
 *
 * <p>Whoever appends marks a topic dirty, pushes it on a stack and, when it has let go of the turn,
 * wakes the loop, at most once until that has run. The loop takes the whole stack and passes over
 * each topic's subscribers, who share a read where they can. Whatever was appended while the loop
 * was busy is found by the next pass in one read: load makes batches larger, not queues longer.
 *
 * <p>Confined to the loop but for {@link #mark(List)} and {@link #wakeIfMarked}.
 */
final class LoopDelivery {
  private static final long GOODBYE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final EventLoop loop;
  private final Delivery delivery;
  private final Journal journal;
  private final ServerConfig config;
  private final Ticker ticker;

  // Written by the loop, read by whoever appends.
  private final Map<String, LoopTopic> topics = new ConcurrentHashMap<>();
  private volatile boolean matchersWait;

  // Any thread.
  private final AtomicReference<@Nullable News> news = new AtomicReference<>();
  private final AtomicBoolean marked = new AtomicBoolean();
  private final AtomicBoolean wakePending = new AtomicBoolean();
  private final LongAdder shed = new LongAdder();
  private volatile long wokenNanos; // written by who wakes, before the loop runs

  // Confined to the loop.
  private final Set<Subscription> all = new LinkedHashSet<>();
  private final List<Subscription> matching = new ArrayList<>();
  private final PassSends sends;
  private final TcpInfo tcpInfo = new TcpInfo();
  private final Turns behind;
  private final Upkeep upkeep;
  private final LoopFigures figures = new LoopFigures();
  private final SharedRead shared;
  private boolean appends; // what was queued, before it looks at its sockets again

  /**
   * That a topic has some, in the stack of all that have. An object of its own: to link the topics
   * themselves would be a write to an old object for each event, and the collector looks at those.
   */
  private record News(LoopTopic topic, @Nullable News older) {}

  LoopDelivery(EventLoop loop, Delivery delivery, ServerConfig config, Ticker ticker) {
    this.loop = loop;
    this.delivery = delivery;
    this.journal = delivery.journal();
    this.config = config;
    this.ticker = ticker;
    this.sends = new PassSends(delivery::mayUseRings);
    this.shared = new SharedRead(journal, config.limits().deliverBytesMax());
    this.behind = new Turns(this::afterSockets, sends, this::serve, shared::drop);
    this.upkeep = new Upkeep(loop, ticker, all, delivery::logFailed);
  }

  /** How the subscribers' bytes leave. */
  PassSends sends() {
    return sends;
  }

  /** What the kernel knows of the subscribers' sockets. */
  TcpInfo tcpInfo() {
    return tcpInfo;
  }

  long heartbeatNanos() {
    return config.timeouts().heartbeat().toNanos();
  }

  long writeTimeoutNanos() {
    return config.timeouts().write().toNanos();
  }

  Ticker ticker() {
    return ticker;
  }

  EventLoop loop() {
    return loop;
  }

  // ---- The appender's side.

  /** Notes that topics have news. Whoever appends. */
  void mark(List<String> names) {
    boolean wanted = false;
    for (int i = 0; i < names.size(); i++) {
      wanted |= mark(names.get(i));
    }
    if (wanted) {
      marked.set(true);
    }
  }

  /** Notes that a topic has news. Returns whether the loop must be woken. */
  private boolean mark(String name) {
    var topic = topics.get(name);
    if (topic == null) {
      return matchersWait;
    }
    if (topic.dirty.getAndSet(true)) {
      return false; // on the stack already; the loop clears dirty before it reads
    }
    News newest;
    do {
      newest = news.get();
    } while (!news.compareAndSet(newest, new News(topic, newest)));
    return true;
  }

  /** Makes the loop run soon, if something was marked since it was last woken. Any thread. */
  void wakeIfMarked() {
    if (marked.get() && marked.getAndSet(false) && !wakePending.getAndSet(true)) {
      wokenNanos = ticker.nanos();
      loop.execute(this::pump);
    }
  }

  // ---- The loop's side.

  /** Has what is queued appended when the sockets that are ready were read. */
  boolean appendSoon() {
    if (!appends && !loop.isShuttingDown()) {
      appends = true;
      loop.execute(this::append);
    }
    return appends;
  }

  private void append() {
    appends = false;
    if (journal.appendQueued()) {
      appendSoon();
    }
  }

  private void pump() {
    long woken = wokenNanos; // before the next: that writes it again
    wakePending.set(false); // first: news from here on wakes again
    long now = ticker.nanos();
    long before = figures.deliveries();
    for (var next = news.getAndSet(null); next != null; next = next.older) {
      var topic = next.topic;
      topic.dirty.set(false); // before the read, so that no append is missed
      sends.expect(next.older == null ? topic.size() : Integer.MAX_VALUE);
      pass(topic, now);
    }
    for (int i = 0; i < matching.size(); i++) {
      if (!matching.get(i).awaitsTurn()) {
        pump(matching.get(i), now);
      }
    }
    shared.drop();
    sends.flush();
    if (figures.deliveries() != before) {
      figures.passed(ticker.nanos() - woken);
    }
  }

  private void pass(LoopTopic topic, long now) {
    // Backwards: a subscriber that ends is replaced by the last one, which was served already.
    for (int i = topic.size() - 1; i >= 0; i = Math.min(i, topic.size()) - 1) {
      var subscription = topic.subscriber(i);
      if (!subscription.awaitsTurn()) {
        pumpShared(topic, subscription, now);
      }
    }
  }

  /** An executed task would run before the loop looks at its sockets. */
  private void afterSockets(Runnable task) {
    Guarded.schedule(loop, task, 0, TimeUnit.NANOSECONDS);
  }

  /** Serves one that is behind. Returns how many bytes it was sent. */
  private long serve(Subscription subscription) {
    if (subscription.isOver()) {
      return 0;
    }
    long before = figures.deliveredBytes();
    if (subscription.memberships().isEmpty()) { // it reads by a matcher
      pump(subscription, ticker.nanos());
    } else {
      pumpShared(subscription.memberships().getFirst().topic, subscription, ticker.nanos());
    }
    return figures.deliveredBytes() - before;
  }

  /** Reads and delivers, by a read that is shared where it is of one topic. */
  private void pumpShared(LoopTopic topic, Subscription subscription, long now) {
    if (!subscription.isOfOneTopic()) {
      pump(subscription, now);
      return;
    }
    if (subscription.isFree()) {
      var found = shared.of(topic, subscription);
      deliver(subscription, found, shared.latest(), now);
    }
  }

  /** Reads and delivers for one subscriber alone. */
  private void pump(Subscription subscription, long now) {
    assert loop.inEventLoop();
    if (!subscription.isFree()) {
      return;
    }
    long latest = journal.latest(); // before the read: nothing up to here is missed at the tail
    var found =
        journal.read(
            subscription.topics,
            subscription.cursor(),
            subscription.told(),
            config.limits().deliverBytesMax());
    try {
      deliver(subscription, found, latest, now);
    } finally {
      if (found instanceof Frames frames) {
        frames.release();
      }
    }
  }

  /** One subscriber's failure must not keep the others from their events. */
  private void deliver(Subscription subscription, Read found, long latest, long now) {
    try {
      if (found instanceof Frames frames) {
        figures.delivered(frames.bytes());
      }
      if (subscription.deliver(found, latest, now)) {
        behind.add(subscription);
      }
    } catch (RuntimeException e) {
      delivery.logFailed(e);
      subscription.shed("delivery to it failed");
    }
  }

  /** Has what is next for a subscriber read from the disk; until then it is skipped. */
  void fetch(Subscription subscription) {
    long latest = journal.latest(); // before the read, as above
    delivery
        .coldReads()
        .start(
            loop,
            subscription.topics,
            subscription.cursor(),
            subscription.told(),
            found -> fetched(subscription, found, latest),
            failure -> {
              delivery.logFailed(failure);
              subscription.shed("reading the journal for it failed");
            });
  }

  private void fetched(Subscription subscription, Read found, long latest) {
    subscription.fetched();
    try {
      if (subscription.isFree()) { // else it is pumped when it is, and reads again
        deliver(subscription, found, latest, ticker.nanos());
        behind.add(subscription); // news may have passed it by
      }
    } finally {
      if (found instanceof Frames frames) {
        frames.release();
      }
    }
  }

  /** The outlet is free again. */
  void freed(Subscription subscription) {
    behind.add(subscription);
  }

  /** Takes a subscriber in; its first read follows by {@link #freed}. */
  void join(Subscription subscription) {
    assert loop.inEventLoop();
    all.add(subscription);
    delivery.memory().reserveAlways(Holder.REQUESTS, subscription.nameBytes());
    switch (subscription.topics) {
      case Topics.Named(var names) -> {
        var places = new ArrayList<Membership>(names.size());
        for (var name : names) {
          places.add(topics.computeIfAbsent(name, LoopTopic::new).add(subscription));
          delivery.readerCame(name);
        }
        subscription.joined(List.copyOf(places));
      }
      case Topics.Matching _ -> {
        matching.add(subscription);
        matchersWait = true;
      }
    }
  }

  /** Lets a subscriber go. */
  void leave(Subscription subscription) {
    assert loop.inEventLoop();
    all.remove(subscription);
    delivery.memory().release(Holder.REQUESTS, subscription.nameBytes());
    for (var membership : subscription.memberships()) {
      membership.leave();
      if (membership.topic.size() == 0) {
        topics.remove(membership.topic.name);
      }
      delivery.readerLeft(membership.topic.name);
    }
    if (matching.remove(subscription)) {
      matchersWait = !matching.isEmpty();
    }
  }

  /** Once a second. */
  void tick() {
    upkeep.tick();
  }

  /**
   * Ends the subscribers that can resume, one after the other, over at most {@code overNanos}. Any
   * thread.
   */
  void letGo(long overNanos) {
    loop.execute(() -> {
      long each = Math.min(GOODBYE_NANOS, overNanos / Math.max(1, all.size()));
      long delay = 0;
      for (var subscription : all) {
        if (subscription.view != Response.View.WITHOUT_IDS) {
          delay += each;
          Runnable goodbye = () -> subscription.finish("the server stops");
          Guarded.schedule(loop, goodbye, delay, TimeUnit.NANOSECONDS);
        }
      }
    });
  }

  /** Its subscribers, in the order they came; borrowed until the loop goes on. */
  Collection<Subscription> subscribers() {
    assert loop.inEventLoop();
    return all;
  }

  /** Any thread. */
  long shedCount() {
    return shed.sum();
  }

  /** Lets go of what the loop holds; sends go on, one by one. Any thread. */
  void close() {
    loop.execute(sends::close);
  }

  void countShed(String reason) {
    shed.increment();
    countEnded(reason);
    delivery.logShed(reason);
  }

  void countEnded(String reason) {
    assert loop.inEventLoop();
    figures.ended(reason);
  }

  void countResumed() {
    assert loop.inEventLoop();
    figures.resumed();
  }

  /** What it did so far. */
  DeliveryFigures figures() {
    assert loop.inEventLoop();
    return figures.soFar();
  }

  /** The gap event; its id lets a reconnecting reader go on behind the gap. */
  byte[] gapBlock(long asked, Read.Gap gap) {
    long id = gap.earliest() == 0 ? gap.through() : Math.min(gap.through(), gap.earliest() - 1);
    var epoch = journal.epoch();
    return GapEvent.block(
        "#" + EventIds.of(epoch, id),
        EventIds.of(epoch, asked),
        gap.earliest() == 0 ? null : EventIds.of(epoch, gap.earliest()),
        EventIds.of(epoch, gap.latest()));
  }
}
