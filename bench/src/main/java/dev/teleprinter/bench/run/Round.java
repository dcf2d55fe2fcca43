// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.EventLedger;
import dev.teleprinter.bench.load.Hub;
import dev.teleprinter.bench.load.Ledger;
import dev.teleprinter.bench.load.LedgerException;
import dev.teleprinter.bench.load.LoadLoop;
import dev.teleprinter.bench.load.ModelServer;
import dev.teleprinter.bench.load.NumberLedger;
import dev.teleprinter.bench.load.Plan;
import dev.teleprinter.bench.load.Publishers;
import dev.teleprinter.bench.load.Source;
import dev.teleprinter.bench.load.Subscribers;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One round of one target: its readers, its publishers, its clock, and the steps that scripts are
 * made of. Confined to one thread, which is not the loop.
 */
final class Round implements AutoCloseable {
  private static final long LATENCY_MAX_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int CONNECT_SECONDS = 60;
  private static final int DRAIN_SECONDS_MAX = 120;
  private static final int STALLED_SECONDS = 15;
  private static final double SETTLE_SECONDS = 0.7;

  final LoadLoop loop;
  final Plan plan;
  final Running server;
  final ModelServer model;
  final double seconds;
  private final String loadCore;
  final LongSupplier clock;
  private final String name;
  private final CompletableFuture<Void> failure = new CompletableFuture<>();
  private final List<Subscribers> readers = new ArrayList<>();
  private final List<Source> sources = new ArrayList<>();

  /**
   * A round to come.
   *
   * @param loadCore where this program runs
   * @param name no topic has had this name before
   * @param seconds of its window
   */
  Round(
      LoadLoop loop,
      ModelServer model,
      Plan plan,
      Running server,
      String loadCore,
      String name,
      double seconds) {
    this.loadCore = loadCore;
    this.loop = loop;
    this.model = model;
    this.plan = plan;
    this.server = server;
    this.name = name;
    this.seconds = seconds;
    long origin = System.nanoTime();
    this.clock = () -> System.nanoTime() - origin;
  }

  // ---- Who takes part.

  Subscribers readers(Hub hub, Subscribers.Kind kind) {
    var added = new Subscribers(loop, hub, kind, clock, failure);
    readers.add(added);
    return added;
  }

  Subscribers readers(Subscribers.Kind kind) {
    return readers(server.hub(), kind);
  }

  Publishers publishers(Subscribers slowestOf, boolean comeBack) {
    return added(new Publishers(loop, plan, slowestOf, comeBack, clock, failure));
  }

  <S extends Source> S added(S source) {
    sources.add(source);
    return source;
  }

  NumberLedger numberLedger() {
    return new NumberLedger(plan.feedsPerReader(), plan.dataBytes());
  }

  EventLedger eventLedger() {
    return EventLedger.fromFirst(
        plan.feedsPerReader(), plan.dataBytes(), EventLedger.Uncertain.NOTHING);
  }

  List<String> topics() {
    return IntStream.range(0, plan.topics()).mapToObj(i -> name + "-" + i).toList();
  }

  /** Connects readers, as many as the plan says. */
  void connect(Subscribers some, Supplier<? extends Ledger> ledgers) throws Exception {
    connect(some, plan.readers(), ledgers);
  }

  void connect(Subscribers some, int count, Supplier<? extends Ledger> ledgers) throws Exception {
    var topics = topics();
    int each = plan.topicsPerReader();
    int groups = plan.topics() / each;
    await(
        some.connect(
            count, i -> topics.subList(i % groups * each, i % groups * each + each), ledgers));
  }

  /** Connects readers, as many as the plan says, each to what its place asks for. */
  void connect(
      Subscribers some, IntFunction<List<String>> asked, Supplier<? extends Ledger> ledgers)
      throws Exception {
    await(some.connect(plan.readers(), asked, ledgers));
  }

  void connect(Source source) throws Exception {
    await(source.connect(server.hub(), topics()));
  }

  // ---- Time.

  /** Lets time pass, but not past a failure. */
  void pause(double howLong) throws Exception {
    try {
      failure.get((long) (howLong * 1000), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return; // as hoped
    } catch (ExecutionException e) {
      throw asLedger(e);
    }
  }

  private static void await(CompletableFuture<Void> done) throws Exception {
    try {
      done.get(CONNECT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new LedgerException("connect: not all within " + CONNECT_SECONDS + " s");
    } catch (ExecutionException e) {
      throw asLedger(e);
    }
  }

  private static LedgerException asLedger(ExecutionException failed) {
    var cause = failed.getCause();
    var ledger = new LedgerException(cause == null ? "?" : String.valueOf(cause.getMessage()));
    ledger.initCause(cause);
    return ledger;
  }

  /** Waits until it holds, looking every few milliseconds on the loop. */
  void until(String what, double secondsMax, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + (long) (secondsMax * 1e9);
    while (!loop.call(holds)) {
      if (System.nanoTime() > end) {
        throw new LedgerException(what + ": not within " + secondsMax + " s");
      }
      pause(0.002);
    }
  }

  static double millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e6;
  }

  // ---- Steps.

  /** Publishes, lets it settle, measures a window. Goes on publishing. */
  Sample startAndMeasure(Subscribers of, Source source) throws Exception {
    loop.execute(source::start);
    pause(SETTLE_SECONDS);
    return measure(of, source, seconds);
  }

  /** Measures a window of what goes on. */
  Sample measure(Subscribers of, Source source, double window) throws Exception {
    var latencies = plan.isSaturating() ? null : new Histogram(LATENCY_MAX_NANOS, 3);
    var late = new Histogram(LATENCY_MAX_NANOS, 3);
    var before =
        loop.call(() -> {
          of.record(latencies);
          source.record(late);
          return mark();
        });
    pause(window);
    var after =
        loop.call(() -> {
          of.record(null);
          source.record(null);
          return mark();
        });
    var sample = sample(before, after, latencies);
    return late.getTotalCount() == 0
        ? sample
        : sample
            .with(Figure.SOURCE_P50, micros(late, 50))
            .with(Figure.SOURCE_P99, micros(late, 99));
  }

  /** Publishes no more, and sees that all of it arrives. */
  void finish(Subscribers of, Source source) throws Exception {
    loop.call(() -> {
      source.stop();
      return true;
    });
    awaitAll(of, source);
  }

  /** Slow is not lost: only readers that get nothing for a while have lost something. */
  private void awaitAll(Subscribers of, Source source) throws Exception {
    long progressed = System.nanoTime();
    long before = -1;
    for (int i = 0; i < DRAIN_SECONDS_MAX * 50; i++) {
      long received = loop.call(of::received);
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
                .formatted(expected - received, expected, loop.call(of::fewest)));
      }
      pause(0.02);
    }
    throw new LedgerException("drain: not done after " + DRAIN_SECONDS_MAX + " s");
  }

  private record Mark(long nanos, double cpu, double busy, double load, long received) {}

  private Mark mark() throws Exception {
    return new Mark(
        System.nanoTime(),
        server.process().cpuSeconds(),
        Cores.busySeconds(server.core()) + Cores.busySeconds(loadCore),
        Cores.ownSeconds(),
        readers.stream().mapToLong(Subscribers::received).sum());
  }

  private Sample sample(Mark before, Mark after, @Nullable Histogram latencies) {
    double window = (after.nanos - before.nanos) / 1e9;
    double cpu = after.cpu - before.cpu;
    double deliveries = after.received - before.received;
    var figures = new EnumMap<Figure, Double>(Figure.class);
    figures.put(Figure.DELIVERIES, deliveries / window);
    figures.put(Figure.DELIVERIES_PER_CPU, deliveries / Math.max(cpu, 0.01));
    figures.put(Figure.CPU, deliveries == 0 ? Double.NaN : cpu * 1e6 / deliveries);
    figures.put(Figure.SERVER_CORES, 100 * cpu / window);
    double load = after.load - before.load;
    figures.put(Figure.OTHERS, 100 * Math.max(0, (after.busy - before.busy - cpu - load) / window));
    figures.put(Figure.LOAD_CORES, 100 * load / window);
    figures.put(Figure.RSS, server.process().residentBytes() / (double) (1 << 20));
    if (latencies != null && latencies.getTotalCount() > 0) {
      figures.put(Figure.P50, micros(latencies, 50));
      figures.put(Figure.P99, micros(latencies, 99));
      figures.put(Figure.P999, micros(latencies, 99.9));
      figures.put(Figure.MAX, micros(latencies, 100));
    }
    return new Sample(figures);
  }

  private static double micros(Histogram latencies, double percentile) {
    return latencies.getValueAtPercentile(percentile) / 1e3;
  }

  /** Disconnects everybody, soon. */
  @Override
  public void close() {
    loop.execute(() -> {
      readers.forEach(Subscribers::close);
      sources.forEach(Source::close);
    });
  }
}
