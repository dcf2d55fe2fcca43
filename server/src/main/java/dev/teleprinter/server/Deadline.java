// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A moment by which something must have happened, else an action runs. It is moved with each
 * request and hardly ever reached: so moving it sets no timer while one is running that ends
 * earlier, and that one, when it ends too early, is set anew. Confined to the loop.
 */
final class Deadline {
  private final EventExecutor loop;
  private final Ticker ticker;
  private final Runnable onReached;

  private boolean isSet;
  private long at;
  private @Nullable ScheduledFuture<?> timer;
  private long timerAt;

  Deadline(EventExecutor loop, Ticker ticker, Runnable onReached) {
    this.loop = loop;
    this.ticker = ticker;
    this.onReached = onReached;
  }

  /** Sets it, or moves it. */
  void set(long nanosFromNow) {
    at = ticker.nanos() + nanosFromNow;
    if (timer != null && at - timerAt < 0) {
      stop();
    }
    isSet = true;
    if (timer == null) {
      start(nanosFromNow);
    }
  }

  /** Until it is set again, there is none. */
  void clear() {
    isSet = false;
  }

  /** Clears it and stops the timer, which else runs on to its end. */
  void stop() {
    isSet = false;
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void start(long nanos) {
    timerAt = at;
    timer = loop.schedule(this::ended, nanos, TimeUnit.NANOSECONDS);
  }

  private void ended() {
    timer = null;
    if (!isSet) {
      return;
    }
    long left = at - ticker.nanos();
    if (left > 0) {
      start(left);
    } else {
      isSet = false;
      Guarded.run(onReached);
    }
  }
}
