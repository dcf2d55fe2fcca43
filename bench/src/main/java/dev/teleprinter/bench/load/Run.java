// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * One plan carried out once: connect, publish, let it settle, measure a window, stop, see that
 * everything arrived, disconnect. Confined to one thread.
 */
final class Run implements AutoCloseable {
  private static final long LATENCY_MAX_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int CONNECT_SECONDS = 60;
  private static final int DRAIN_SECONDS = 30;

  private final LoadLoop loop;
  private final Plan plan;
  private final Target.Started server;
  private final String core;
  private final CompletableFuture<Void> failure = new CompletableFuture<>();
  private final Subscribers readers;
  private final Publishers publishers;

  Run(LoadLoop loop, Plan plan, Target.Started server, String core) {
    this.loop = loop;
    this.plan = plan;
    this.server = server;
    this.core = core;
    long origin = System.nanoTime();
    this.readers = new Subscribers(loop, plan, () -> System.nanoTime() - origin, failure);
    this.publishers =
        new Publishers(loop, plan, readers, () -> System.nanoTime() - origin, failure);
  }

  /**
   * Carries it out.
   *
   * @param name no topic has had this name before
   * @throws LedgerException when a reader missed something: nothing was measured
   */
  Sample measure(String name, double settleSeconds, double seconds) throws Exception {
    var topics = IntStream.range(0, plan.topics()).mapToObj(i -> name + "-" + i).toList();
    connect(topics);
    loop.execute(publishers::start);
    pause(settleSeconds);
    var latencies = plan.isSaturating() ? null : new Histogram(LATENCY_MAX_NANOS, 3);
    var before = loop.call(() -> {
      readers.record(latencies);
      return mark();
    });
    pause(seconds);
    var after = loop.call(() -> {
      readers.record(null);
      publishers.stop();
      return mark();
    });
    awaitAll();
    return sample(before, after, latencies);
  }

  private void connect(List<String> topics) throws Exception {
    unwrap(readers.connect(server.hub(), topics), CONNECT_SECONDS);
    unwrap(publishers.connect(server.hub(), topics), CONNECT_SECONDS);
  }

  /** Sleeps, but not past a failure. */
  private void pause(double seconds) throws Exception {
    try {
      failure.get((long) (seconds * 1000), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return; // as hoped
    } catch (ExecutionException e) {
      throw asLedger(e.getCause());
    }
  }

  private static void unwrap(CompletableFuture<Void> done, int seconds) throws Exception {
    try {
      done.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new LedgerException("connect: not all within " + seconds + " s");
    } catch (ExecutionException e) {
      throw asLedger(e.getCause());
    }
  }

  private static LedgerException asLedger(Throwable cause) {
    var ledger = new LedgerException(String.valueOf(cause.getMessage()));
    ledger.initCause(cause);
    return ledger;
  }

  /** Everything published must reach its readers, also what was on its way at the end. */
  private void awaitAll() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DRAIN_SECONDS);
    while (loop.call(() -> readers.received() < expected())) {
      pause(0.02);
      if (System.nanoTime() > end) {
        throw new LedgerException(
            "lost: %d of %d deliveries never came; the slowest reader has %d events"
                .formatted(
                    loop.call(() -> expected() - readers.received()),
                    loop.call(this::expected),
                    loop.call(readers::fewest)));
      }
    }
  }

  /** Each topic is published to in turn, so that none is more than one event ahead of another. */
  private long expected() {
    long rounds = publishers.published() / plan.topics();
    long inThisRound = publishers.published() % plan.topics();
    long expected = 0;
    for (int reader = 0; reader < plan.readers(); reader++) {
      expected += rounds + (reader % plan.topics() < inThisRound ? 1 : 0);
    }
    return expected;
  }

  private record Mark(
      long nanos,
      double cpu,
      double busy,
      double load,
      long received,
      long published,
      long resident) {}

  private Mark mark() throws Exception {
    return new Mark(
        System.nanoTime(),
        server.process().cpuSeconds(),
        Cores.busySeconds(core),
        ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e9,
        readers.received(),
        publishers.published(),
        server.process().residentBytes());
  }

  private static Sample sample(
      Mark before, Mark after, @org.jspecify.annotations.Nullable Histogram latencies) {
    double seconds = (after.nanos - before.nanos) / 1e9;
    double cpu = after.cpu - before.cpu;
    return new Sample(
        seconds,
        after.received - before.received,
        after.published - before.published,
        cpu,
        Math.max(0, after.busy - before.busy - cpu) / seconds,
        (after.load - before.load) / seconds,
        after.resident,
        micros(latencies, 50),
        micros(latencies, 99),
        micros(latencies, 99.9),
        micros(latencies, 100));
  }

  private static double micros(
      @org.jspecify.annotations.Nullable Histogram latencies, double percentile) {
    return latencies == null ? 0 : latencies.getValueAtPercentile(percentile) / 1e3;
  }

  /** Disconnects everybody, soon. */
  @Override
  public void close() {
    loop.execute(() -> {
      readers.close();
      publishers.close();
    });
  }
}
