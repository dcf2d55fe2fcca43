// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.sse.Event;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a publisher to an event loop that has read the event: queue, appender, wake-up, read. As
 * delivery does it, with a loop that is woken at most once until it has run.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class WakeBenchmark {
  private static final int BURST = 1000;
  private static final int READ_BYTES = 256 << 10;

  private final AtomicBoolean wakePending = new AtomicBoolean();
  private final Semaphore reached = new Semaphore(0);
  private final Append append = Append.to("topic", Event.of("x".repeat(100)));
  private final Topics topic = Topics.of("topic");
  private EventLoopGroup group;
  private Journal journal;
  private long cursor; // confined to the loop
  private volatile long awaited = Long.MAX_VALUE;

  /** One loop that follows one topic. */
  @Setup
  public void open() {
    group =
        new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    var loop = group.next();
    journal = new MemoryJournal(JournalConfig.defaults());
    journal.onAppend(_ -> {
      if (!wakePending.getAndSet(true)) {
        loop.execute(this::pass);
      }
    });
    cursor = journal.append(append).sequence();
  }

  private void pass() {
    wakePending.set(false); // first: what is appended from here on wakes again
    while (journal.read(topic, cursor, READ_BYTES) instanceof Frames frames) {
      cursor = frames.through();
      frames.release();
    }
    if (cursor >= awaited) {
      awaited = Long.MAX_VALUE;
      reached.release();
    }
  }

  /** Lets go of it. */
  @TearDown
  public void close() {
    journal.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** One event, until the loop has read it. */
  @Benchmark
  public void one() throws InterruptedException {
    awaited = journal.latest() + 1;
    journal.submit(append);
    reached.acquire();
  }

  /** A thousand submitted at once, until the loop has read the last: wake-ups merge. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public void burst() throws InterruptedException {
    awaited = journal.latest() + BURST;
    for (int i = 0; i < BURST; i++) {
      journal.submit(append);
    }
    reached.acquire();
  }
}
