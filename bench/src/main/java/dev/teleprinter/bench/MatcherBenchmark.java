// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a reader of many topics costs at each pass: the newest event found among them. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class MatcherBenchmark {
  private static final int READ_BYTES = 1 << 16;

  /** How many topics there are. */
  @Param({"100", "10000"})
  public int topics;

  private Journal journal;
  private long before;
  private final Topics matching = new Topics.Matching(name -> name.startsWith("topic/"));
  private Topics hundred;

  /** An event in each topic; one newer than the reader's cursor. */
  @Setup
  public void open() {
    journal = new MemoryJournal(JournalConfig.defaults());
    IntStream.range(0, topics)
        .forEach(i -> journal.append(Append.to("topic/" + i, Event.of("x".repeat(100)))));
    before = journal.latest();
    journal.append(Append.to("topic/7", Event.of("x".repeat(100))));
    List<String> names = IntStream.range(0, 100).mapToObj(i -> "topic/" + i).toList();
    hundred = Topics.of(names);
  }

  /** Lets go of it. */
  @TearDown
  public void close() {
    journal.close();
  }

  /** By a matcher that all topics fit. */
  @Benchmark
  public long byMatcher() {
    return read(matching);
  }

  /** By a hundred names. */
  @Benchmark
  public long byHundredNames() {
    return read(hundred);
  }

  private long read(Topics of) {
    var frames = (Frames) journal.read(of, before, READ_BYTES);
    long through = frames.through();
    frames.release();
    return through;
  }
}
