// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Appends of 100-byte events to the memory journal, and reads at its tail. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class JournalBenchmark {
  private static final int BATCH = 1000;
  private static final int PRODUCERS = 4;

  /** How many topics the events go to in turn. */
  @Param({"1", "10000"})
  public int topics;

  private Journal journal;
  private List<Append> appends;
  private int next;
  private Topics read;

  /** One append for each topic, made beforehand. */
  @Setup(Level.Iteration)
  public void open() {
    var retention = Retention.defaults().withEventsMax(topics == 1 ? 100_000 : 100);
    journal = new MemoryJournal(JournalConfig.defaults().withRetention(retention));
    appends = new ArrayList<>();
    for (int i = 0; i < topics; i++) {
      appends.add(Append.to("topic/" + i, Event.of("x".repeat(100))));
    }
    for (int i = 0; i < topics; i++) {
      journal.append(appends.get(i));
    }
    read = Topics.of("topic/0");
  }

  /** Lets go of it. */
  @TearDown(Level.Iteration)
  public void close() {
    journal.close();
  }

  private void submitBatch(int from) {
    for (int i = 1; i < BATCH; i++) {
      journal.submit(appends.get((from + i) % topics));
    }
    journal.append(appends.get(from % topics));
  }

  /** One publisher, waiting once in a thousand. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void appendByOne() {
    submitBatch(next);
    next = (next + BATCH) % topics;
  }

  /** Four publishers on virtual threads, each waiting once in a thousand. */
  @Benchmark
  @OperationsPerInvocation(BATCH * PRODUCERS)
  public void appendByFour() throws InterruptedException {
    var producers = new ArrayList<Thread>(PRODUCERS);
    for (int i = 0; i < PRODUCERS; i++) {
      int from = next;
      producers.add(Thread.startVirtualThread(() -> submitBatch(from)));
      next = (next + BATCH) % topics;
    }
    for (var producer : producers) {
      producer.join();
    }
  }

  /** One publisher that waits for each append: the way there and back. */
  @Benchmark
  public long appendAndWait() {
    next = (next + 1) % topics;
    return journal.append(appends.get(next)).sequence();
  }

  /** One read of the newest event of a topic. */
  @Benchmark
  public long readAtTail() {
    var frames = (Frames) journal.read(read, 0, 1 << 16);
    long through = frames.through();
    frames.release();
    return through;
  }
}
