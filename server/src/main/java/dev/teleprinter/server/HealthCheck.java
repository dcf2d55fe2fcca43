// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalUnavailableException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code GET /healthz}: 200 when each event loop and the appender come round within a
 * second and the disk takes events, else 503 {@code unhealthy} with what is wrong. Thread-safe.
 *
 * <p>A check posts a task to each, so that it costs nothing while nobody asks. All who ask during a
 * check share it, and a good result holds for a quarter of a second. The loop that the request came
 * on turns, or nobody could ask: it answers for the others.
 */
final class HealthCheck implements Handler {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");
  private static final long PATIENCE_MILLIS = 1000;
  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final int FRAMES_MAX = 12; // of a stuck loop's stack, in the log

  private static final Response.Reply HEALTHY = Response.text(200, "ok\n");

  private final List<EventLoop> loops;
  private final Journal journal;
  private final Ticker ticker;

  private final AtomicReference<@Nullable CompletableFuture<Response>> running =
      new AtomicReference<>();
  private final Set<EventLoop> stuck = ConcurrentHashMap.newKeySet(); // that the log knows of
  private volatile long healthyAt;
  private volatile boolean wasHealthy;

  HealthCheck(List<EventLoop> loops, Journal journal, Ticker ticker) {
    this.loops = loops;
    this.journal = journal;
    this.ticker = ticker;
  }

  @Override
  public Response handle(Request request) {
    if (wasHealthy && ticker.nanos() - healthyAt < FRESH_NANOS) {
      return HEALTHY;
    }
    var mine = new CompletableFuture<Response>();
    var other = running.compareAndExchange(null, mine);
    if (other != null) {
      return new Response.Later(other);
    }
    begin(mine);
    return new Response.Later(mine);
  }

  private void begin(CompletableFuture<Response> answer) {
    var turns = new LinkedHashMap<EventLoop, CompletableFuture<Void>>();
    for (var loop : loops) {
      turns.put(loop, turn(loop));
    }
    var appender = journal.probe();
    var all = new ArrayList<CompletableFuture<?>>(turns.values());
    all.add(appender);
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
        .whenComplete((_, _) -> end(answer, turns, appender));
  }

  /** Done when the loop has come round; never, if it is stuck or has ended. */
  private static CompletableFuture<Void> turn(EventLoop loop) {
    var turn = new CompletableFuture<Void>();
    if (loop.inEventLoop()) {
      turn.complete(null);
      return turn;
    }
    try {
      loop.execute(() -> turn.complete(null));
    } catch (RejectedExecutionException e) {
      LOG.log(Level.DEBUG, "an event loop has ended", e);
    }
    return turn;
  }

  private void end(
      CompletableFuture<Response> answer,
      Map<EventLoop, CompletableFuture<Void>> turns,
      CompletableFuture<Void> appender) {
    var wrong = new ArrayList<String>();
    turns.forEach((loop, turn) -> {
      if (turn.isDone()) {
        recovered(loop);
      } else {
        wrong.add("event loop " + name(loop) + " does not turn");
        logStuck(loop);
      }
    });
    if (!appender.isDone()) {
      wrong.add("the appender does not come round");
    } else if (appender.isCompletedExceptionally() && !isDiskFull(appender.exceptionNow())) {
      wrong.add("events cannot be stored");
    }
    healthyAt = ticker.nanos();
    wasHealthy = wrong.isEmpty();
    running.set(null);
    if (wrong.isEmpty()) {
      answer.complete(HEALTHY);
    } else {
      answer.completeExceptionally(
          new ProblemException(503, "unhealthy", String.join("; ", wrong)));
    }
  }

  /** Publishers are refused, readers go on, and it heals by itself: a restart would not help. */
  private static boolean isDiskFull(Throwable failure) {
    return failure instanceof JournalUnavailableException e
        && e.reason() == JournalUnavailableException.Reason.STORAGE_FULL;
  }

  private static String name(EventLoop loop) {
    return loop instanceof SingleThreadEventExecutor executor
        ? executor.threadProperties().name()
        : loop.toString();
  }

  /** Once for each time that it is stuck. */
  private void logStuck(EventLoop loop) {
    if (stuck.add(loop) && loop instanceof SingleThreadEventExecutor executor) {
      var thread = executor.threadProperties();
      var at =
          Arrays.stream(thread.stackTrace())
              .limit(FRAMES_MAX)
              .map(StackTraceElement::toString)
              .collect(Collectors.joining(" < "));
      LOG.log(Level.ERROR, "{0} does not turn; it is at {1}", thread.name(), at);
    }
  }

  private void recovered(EventLoop loop) {
    if (stuck.remove(loop)) {
      LOG.log(Level.INFO, "{0} turns again", name(loop));
    }
  }
}
