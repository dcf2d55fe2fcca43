// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many publishers and readers at once: every reader sees every event of its topics once, in order,
 * byte for byte, or is told that it is gone.
 */
@Timeout(120)
final class MemoryJournalChaosTest {
  private static final int PUBLISHERS = 4;
  private static final int EVENTS_EACH = 10_000;
  private static final int TOPICS = 12;

  /** News since a reader looked. Thread-safe. */
  private static final class Bell implements Journal.AppendListener {
    private long rings;

    @Override
    public synchronized void onAppend(List<String> topics) {
      rings++;
      notifyAll();
    }

    synchronized long rings() {
      return rings;
    }

    synchronized void awaitMoreThan(long heard) throws InterruptedException {
      while (rings <= heard) {
        wait();
      }
    }
  }

  /** A reader's topics and its way of reading. */
  private record Kind(Topics topics, Predicate<List<String>> selected, int bytesMax, int dawdle) {
    static Kind named(int bytesMax, int dawdle, int... topics) {
      var names = IntStream.of(topics).mapToObj(MemoryJournalChaosTest::topic).toList();
      return new Kind(
          Topics.of(names), some -> some.stream().anyMatch(names::contains), bytesMax, dawdle);
    }

    static Kind matching(int bytesMax, int dawdle, Predicate<String> matcher) {
      return new Kind(
          new Topics.Matching(matcher), some -> some.stream().anyMatch(matcher), bytesMax, dawdle);
    }
  }

  private static String topic(int index) {
    return "topic/" + index;
  }

  @Test
  void readersSeeEveryEventOnceWhenMemorySuffices() throws Exception {
    assertThat(run(JournalConfig.defaults().withMemoryBytesMax(256L << 20))).isZero();
  }

  @Test
  void readersAreToldOfEveryGapWhenMemoryRunsOut() throws Exception {
    run(JournalConfig.defaults().withMemoryBytesMax(4L << 20));
  }

  @Test
  void readersAreToldOfEveryGapWhenRetentionIsShort() throws Exception {
    var rules =
        IntStream.range(0, TOPICS)
            .mapToObj(i ->
                new JournalConfig.Rule(topic(i), Retention.defaults().withEventsMax(1 + i * i * i)))
            .toList();
    run(JournalConfig.defaults().withMemoryBytesMax(16L << 20).withRules(rules));
  }

  /** Returns how many gaps were told. */
  private static int run(JournalConfig config) throws Exception {
    var kinds =
        List.of(
            Kind.named(1 << 16, 0, 0),
            Kind.named(700, 0, 1),
            Kind.named(1 << 16, 2000, 1),
            Kind.named(1 << 16, 0, 0, 3, 5, 7),
            Kind.named(3000, 0, 11, 2, 1),
            Kind.named(1 << 14, 500, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
            Kind.matching(1 << 16, 0, _ -> true),
            Kind.matching(1 << 12, 100, name -> name.endsWith("1")));
    var ledger = new Ledger(PUBLISHERS * EVENTS_EACH + 1);
    var readers = new ArrayList<Ledger.Reader>();
    var bell = new Bell();
    try (var journal =
            new MemoryJournal(
                config.withQueuedBytesMax(4 << 20), new ManualClock(), new Random(1));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      journal.onAppend(bell);
      var publishing = new ArrayList<Future<?>>();
      for (int i = 0; i < PUBLISHERS; i++) {
        int publisher = i;
        publishing.add(threads.submit(() -> publish(journal, ledger, publisher)));
      }
      var reading = new ArrayList<Future<?>>();
      for (var kind : kinds) {
        var reader = new Ledger.Reader(journal.epoch(), kind.selected);
        readers.add(reader);
        reading.add(threads.submit(() -> read(journal, kind, reader, bell)));
      }
      join(publishing);
      var last = new Ledger.Event(0, IntStream.range(0, TOPICS).mapToObj(i -> topic(i)).toList());
      var closing = new Append(last.topics(), Event.of(Ledger.data(0)), true, Append.IdForm.PLAIN);
      ledger.appended(journal.append(closing).sequence(), last);
      join(reading);
      for (var reader : readers) {
        ledger.check(reader, journal.latest());
      }
    }
    return readers.stream().mapToInt(Ledger.Reader::gaps).sum();
  }

  private static void join(List<Future<?>> tasks) throws InterruptedException, ExecutionException {
    for (var task : tasks) {
      task.get();
    }
  }

  private static Void publish(Journal journal, Ledger ledger, int publisher) {
    var random = new Random(publisher);
    var submitted = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < EVENTS_EACH; i++) {
      int number = 1 + i * PUBLISHERS + publisher;
      // Some topics are busy, some are not; one event in eight is in two.
      int first = Math.min(random.nextInt(TOPICS), random.nextInt(TOPICS));
      int second = random.nextInt(8) == 0 ? random.nextInt(TOPICS) : first;
      var topics = first == second ? List.of(topic(first)) : List.of(topic(first), topic(second));
      var event = new Ledger.Event(number, topics);
      var append = new Append(topics, Event.of(Ledger.data(number)), false, Append.IdForm.PLAIN);
      submitted.add(
          journal.submit(append).thenAccept(done -> ledger.appended(done.sequence(), event)));
    }
    submitted.forEach(CompletableFuture::join);
    return null;
  }

  private static Void read(MemoryJournal journal, Kind kind, Ledger.Reader reader, Bell bell)
      throws InterruptedException {
    long cursor = 0;
    long told = 0;
    long end = 1L + PUBLISHERS * EVENTS_EACH;
    while (true) {
      long heard = bell.rings();
      long before = journal.latest();
      switch (journal.read(kind.topics, cursor, told, kind.bytesMax)) {
        case Frames frames -> {
          for (int i = 0; i < kind.dawdle; i++) {
            Thread.yield();
          }
          frames.forEach(reader::see);
          cursor = frames.through();
          frames.release();
        }
        case Read.Gap gap -> {
          assertThat(gap.through()).isGreaterThan(Math.max(cursor, told));
          assertThat(gap.latest()).isGreaterThanOrEqualTo(gap.through());
          reader.gap(cursor, gap.through());
          told = gap.through();
        }
        case Read.AtTail _ -> {
          cursor = Math.max(cursor, before);
          if (cursor >= end) {
            return null; // only a matcher's reader: the others end
          }
          bell.awaitMoreThan(heard);
        }
        case Read.Ended _ -> {
          return null;
        }
        case Read.Cold _ -> throw new AssertionError("cold (expected: all is in memory)");
      }
    }
  }
}
