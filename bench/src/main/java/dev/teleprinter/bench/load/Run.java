// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * One plan carried out once: connect, publish, let it settle, measure a window, stop, see that
 * everything arrived, disconnect. Confined to one thread.
 */
final class Run implements AutoCloseable {
  private static final long LATENCY_MAX_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int CONNECT_SECONDS = 60;
  private static final int DRAIN_SECONDS_MAX = 120;
  private static final int STALLED_SECONDS = 15;

  private final LoadLoop loop;
  private final Plan plan;
  private final Target.Started server;
  private final String core;
  private final CompletableFuture<Void> failure = new CompletableFuture<>();
  private final Hub hub;
  private final Supplier<Ledger> ledgers;
  private final Subscribers readers;
  private final Source source;

  /** One run against a server that is up. */
  Run(
      LoadLoop loop,
      Plan plan,
      Target.Started server,
      String core,
      Hub hub,
      Supplier<Ledger> ledgers,
      Sources sources) {
    this.loop = loop;
    this.plan = plan;
    this.server = server;
    this.core = core;
    this.hub = hub;
    this.ledgers = ledgers;
    long origin = System.nanoTime();
    LongSupplier clock = () -> System.nanoTime() - origin;
    this.readers = new Subscribers(loop, plan, clock, failure);
    this.source = sources.of(plan, readers, clock, failure);
  }

  /** Makes a run's source. */
  @FunctionalInterface
  interface Sources {
    Source of(Plan plan, Subscribers readers, LongSupplier clock, CompletableFuture<Void> failure);
  }

  /**
   * Carries it out.
   *
   * @param name no topic has had this name before
   * @throws LedgerException when a reader missed something: nothing was measured
   */
  Sample measure(String name, double settleSeconds, double seconds) throws Exception {
    var topics = IntStream.range(0, plan.topics()).mapToObj(i -> name + "-" + i).toList();
    long residentBefore = server.process().residentBytes();
    connect(topics);
    long residentOpen = server.process().residentBytes();
    loop.execute(source::start);
    pause(settleSeconds);
    var latencies = plan.isSaturating() ? null : new Histogram(LATENCY_MAX_NANOS, 3);
    var before =
        loop.call(() -> {
          readers.record(latencies);
          return mark();
        });
    pause(seconds);
    var after =
        loop.call(() -> {
          readers.record(null);
          source.stop();
          return mark();
        });
    awaitAll();
    double readerBytes = (residentOpen - residentBefore) / (double) plan.readers();
    return sample(before, after, readerBytes, latencies);
  }

  private void connect(List<String> topics) throws Exception {
    unwrap(readers.connect(hub, topics, ledgers), CONNECT_SECONDS);
    unwrap(source.connect(hub, topics), CONNECT_SECONDS);
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

  /**
   * Everything published must reach its readers, also what was on its way at the end. Slow is not
   * lost: only readers that get nothing for a while have lost something.
   */
  private void awaitAll() throws Exception {
    long progressed = System.nanoTime();
    long before = -1;
    for (int i = 0; i < DRAIN_SECONDS_MAX * 50; i++) {
      long received = loop.call(readers::received);
      long expected = loop.call(source::deliveriesExpected);
      if (received >= expected) {
        return;
      }
      long now = System.nanoTime();
      progressed = received > before ? now : progressed;
      before = received;
      if (now - progressed > TimeUnit.SECONDS.toNanos(STALLED_SECONDS)) {
        throw new LedgerException(
            "lost: %d of %d deliveries never came; the slowest reader has %d events"
                .formatted(expected - received, expected, loop.call(readers::fewest)));
      }
      pause(0.02);
    }
    throw new LedgerException("drain: not done after " + DRAIN_SECONDS_MAX + " s");
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
        source.published(),
        server.process().residentBytes());
  }

  private static Sample sample(
      Mark before,
      Mark after,
      double readerBytes,
      @org.jspecify.annotations.Nullable Histogram latencies) {
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
        readerBytes,
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
      source.close();
    });
  }
}
