// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A look at every subscriber of a loop, once a second, in slices between which the loop does its
 * other work: heartbeats, ages, and who takes nothing any more. Confined to the loop.
 *
 * <p>Those who take nothing are shed one by one, some fifty a second: to let go of the megabytes
 * that the kernel keeps for one, and to have it come back and catch up, takes the loop's time, and
 * many in the same moment would keep the healthy waiting.
 */
final class Upkeep {
  static final int STUCK_MAX = 50; // that are known, and wait to be shed
  static final long SHED_NANOS = TimeUnit.MILLISECONDS.toNanos(18);
  private static final int SLICE = 256;

  private final EventLoop loop;
  private final Ticker ticker;
  private final Collection<Subscription> all;
  private final Consumer<RuntimeException> onFailure;

  private final SequencedSet<Subscription> stuck = new LinkedHashSet<>();
  private boolean looking;
  private boolean shedding;

  /**
   * Nothing looked at yet.
   *
   * @param all the loop's subscribers, as they come and go
   */
  Upkeep(
      EventLoop loop,
      Ticker ticker,
      Collection<Subscription> all,
      Consumer<RuntimeException> onFailure) {
    this.loop = loop;
    this.ticker = ticker;
    this.all = all;
    this.onFailure = onFailure;
  }

  /** Looks at all, unless it is still at it. */
  void tick() {
    if (!looking) {
      looking = true;
      look(List.copyOf(all), 0);
    }
  }

  private void look(List<Subscription> subscribers, int from) {
    long now = ticker.nanos();
    int next = Math.min(subscribers.size(), from + SLICE);
    for (int i = from; i < next; i++) {
      if (isStuck(subscribers.get(i), now) && stuck.size() < STUCK_MAX) {
        stuck.add(subscribers.get(i));
      }
    }
    if (next < subscribers.size()) {
      loop.execute(() -> look(subscribers, next));
      return;
    }
    looking = false;
    if (!shedding) {
      shedNext();
    }
  }

  private boolean isStuck(Subscription subscription, long now) {
    try {
      return subscription.tick(now);
    } catch (RuntimeException e) {
      onFailure.accept(e);
      subscription.shed("a look at it failed");
      return false;
    }
  }

  private void shedNext() {
    shedding = !stuck.isEmpty();
    if (shedding) {
      Guarded.schedule(loop, this::shedNext, SHED_NANOS, TimeUnit.NANOSECONDS); // in any case
      stuck.removeFirst().shedIfStuck(ticker.nanos());
    }
  }
}
