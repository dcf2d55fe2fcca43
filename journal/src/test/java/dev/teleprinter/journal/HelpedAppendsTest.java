// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Journal.AppendListener;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that take turns as the appender: who appends what, and that nothing is left behind. */
@Timeout(30)
final class HelpedAppendsTest {
  private static final String OWN = "tp-append-0";

  private final ManualClock clock = new ManualClock();
  private final FakeFolder folder = new FakeFolder();
  private final List<Helper> helpers = new ArrayList<>();
  private final Set<String> appenders = ConcurrentHashMap.newKeySet();

  /** A thread that does what an event loop does: queues, and appends when it has queued enough. */
  private static final class Helper {
    private final Journal journal;
    private final ExecutorService thread;
    private final String name;
    private boolean promised;

    Helper(Journal journal, String name) {
      this.journal = journal;
      this.name = name;
      this.thread = Executors.newSingleThreadExecutor(task -> new Thread(task, name));
    }

    boolean helps() {
      if (!promised) {
        promised = true;
        thread.execute(this::append);
      }
      return true;
    }

    private void append() {
      promised = false;
      if (journal.appendQueued()) {
        helps();
      }
    }

    <T> T call(Callable<T> task) throws InterruptedException, ExecutionException {
      return thread.submit(task).get();
    }
  }

  @AfterEach
  void end() {
    helpers.forEach(helper -> helper.thread.close());
  }

  /** Lets so many helpers help, and notes which threads append. */
  private Helper help(Journal journal, int count) {
    for (int i = 0; i < count; i++) {
      helpers.add(new Helper(journal, "helper-" + i));
    }
    journal.helpAppending(() -> {
      var current = Thread.currentThread().getName();
      return helpers.stream().anyMatch(helper -> helper.name.equals(current) && helper.helps());
    });
    journal.onAppend(_ -> appenders.add(Thread.currentThread().getName()));
    return helpers.getFirst();
  }

  private MemoryJournal inMemory() {
    return new MemoryJournal(JournalFixture.config(), clock, new Random(1));
  }

  private DiskJournal onDisk(DiskConfig disk) {
    return DiskJournal.open(folder, JournalFixture.config(), disk, clock, new Random(1));
  }

  private static Append event(String text) {
    return Append.to("t", Event.of(text));
  }

  /** Again until a helper appended something: at any time it can be the own thread's turn. */
  private void untilHelped(Callable<?> attempt) throws Exception {
    do {
      appenders.clear();
      attempt.call();
    } while (!appenders.contains("helper-0"));
  }

  @Test
  void aHelperAppendsWhatItQueuedInOneBatch() throws Exception {
    try (var journal = inMemory()) {
      var helper = help(journal, 1);
      var batches = new ArrayList<Long>();
      journal.onAppend(_ -> batches.add(journal.latest()));
      do {
        batches.clear();
        untilHelped(() -> {
          var pending =
              helper.call(() ->
                  List.of(
                      journal.submit(event("1")),
                      journal.trySubmit(event("2")).orElseThrow(),
                      journal.submit(event("3"))));
          for (var each : pending) {
            each.get();
          }
          return null;
        });
      } while (appenders.size() > 1); // the own thread came between two of them
      assertThat(batches.getLast()).isEqualTo(journal.latest());
      assertThat(batches).doesNotContain(journal.latest() - 1, journal.latest() - 2);
      assertThat(texts(journal, "t", journal.latest() - 3)).containsExactly("1", "2", "3");
    }
  }

  @Test
  void theOwnThreadAppendsWhereNobodyHelps() throws Exception {
    try (var journal = inMemory()) {
      help(journal, 1);
      journal.append(event("1"));
      journal.submit(event("2")).get();
      assertThat(appenders).containsExactly(OWN);
    }
  }

  @Test
  void whatMayHaveToSeekOnTheDiskIsLeftToTheOwnThreadInOrder() throws Exception {
    try (var journal = onDisk(DiskConfig.defaults())) {
      journal.append(event("0")); // there is a file now
      var helper = help(journal, 1);
      untilHelped(() -> {
        var last =
            helper.call(() -> {
              journal.submit(event("1"));
              journal.submit(Append.to("t", Event.of("2").withId("own-" + journal.latest())));
              return journal.submit(event("3"));
            });
        return last.get();
      });
      assertThat(texts(journal, "t", journal.latest() - 3)).containsExactly("1", "2", "3");
      assertThat(appenders).contains(OWN); // what has an id, whoever appended the others
    }
  }

  @Test
  void aFileIsBegunByTheOwnThread() throws Exception {
    try (var journal = onDisk(DiskConfig.defaults().withFileBytesMax(4096))) {
      var helper = help(journal, 1);
      var forcing = ConcurrentHashMap.<String>newKeySet();
      folder.onForce(() -> forcing.add(Thread.currentThread().getName()));
      for (int i = 0; i < 400; i++) {
        var text = "event %03d".formatted(i);
        helper.call(() -> journal.submit(event(text))).get();
      }
      assertThat(folder.journalFiles()).hasSizeGreaterThan(3);
      assertThat(forcing).contains(OWN).doesNotContain("helper-0");
      assertThat(appenders).contains("helper-0");
      assertThat(texts(journal, "t", 0)).hasSize(400).isSorted();
    }
  }

  @Test
  void nobodyHelpsWhereEachBatchIsForced() throws Exception {
    try (var journal = onDisk(DiskConfig.defaults().withDurability(Durability.ALWAYS))) {
      var helper = help(journal, 1);
      helper.call(() -> journal.submit(event("1"))).get();
      assertThat(appenders).containsExactly(OWN);
    }
  }

  @Test
  void whatIsQueuedDuringAnothersTurnIsNotLeftBehind() throws Exception {
    var busy = new CountDownLatch(1);
    var gate = new CountDownLatch(1);
    try (var journal = inMemory()) {
      var helper = help(journal, 2);
      journal.onAppend(_ -> {
        busy.countDown();
        awaitUninterruptibly(gate);
      });
      var first = journal.submit(event("1"));
      busy.await(); // the own thread has the turn, and keeps it
      var others = new ArrayList<CompletableFuture<Appended>>();
      for (var each : helpers) {
        others.add(each.call(() -> journal.submit(event("2"))));
      }
      assertThat(helper.call(journal::appendQueued)).isFalse();
      gate.countDown();
      first.get();
      for (var other : others) {
        other.get();
      }
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2", "2");
    }
  }

  @Test
  void whoIsWokenWhenTheTurnIsOverFindsItFree() throws Exception {
    try (var journal = inMemory()) {
      var helper = help(journal, 1);
      var over = new CompletableFuture<Void>();
      journal.onAppend(
          new AppendListener() {
            @Override
            public void onAppend(List<String> topics) {}

            @Override
            public void onTurnOver() {
              if (journal.latest() == 1) {
                var second = journal.submit(event("2"));
                CompletableFuture.runAsync(journal::appendQueued);
                second.join(); // never, if this thread still had the turn
                over.complete(null);
              }
            }
          });
      helper.call(() -> journal.submit(event("1"))).get();
      over.get();
      assertThat(texts(journal, "t", 0)).containsExactly("1", "2");
    }
  }

  @Test
  void nobodyHelpsForAWhileAfterATurnThatTookLong() throws Exception {
    try (var journal = inMemory()) {
      var helper = help(journal, 1);
      long[] takes = {60};
      journal.onAppend(_ -> clock.pass(Duration.ofMillis(takes[0])));
      helper.call(() -> journal.submit(event("slow"))).get();
      takes[0] = 0;
      appenders.clear();
      helper.call(() -> journal.submit(event("next"))).get();
      assertThat(appenders).containsExactly(OWN);
      untilHelped(() -> {
        clock.pass(Duration.ofSeconds(2)); // which may seem to be what a turn took that just ends
        journal.append(event("later"));
        return helper.call(() -> journal.submit(event("fast again"))).get();
      });
    }
  }

  @Test
  void helpersAndOthersTogetherLoseAndDoubleNothing() throws Exception {
    int publishers = 6;
    int each = 3000;
    try (var journal = onDisk(DiskConfig.defaults().withFileBytesMax(64 << 10))) {
      help(journal, 3);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var publishing = new ArrayList<Future<?>>();
        for (int p = 0; p < publishers; p++) {
          var topic = "p" + p;
          var on = p < helpers.size() ? helpers.get(p).thread : threads;
          publishing.add(threads.submit(() -> publish(journal, topic, each, on)));
        }
        for (var all : publishing) {
          all.get();
        }
      }
      var expected = IntStream.range(0, each).mapToObj(String::valueOf).toList();
      for (int p = 0; p < publishers; p++) {
        assertThat(journal.list("p" + p, 0, each + 1))
            .extracting(recorded -> recorded.event().data())
            .isEqualTo(expected);
      }
      assertThat(journal.latest()).isEqualTo((long) publishers * each);
    }
  }

  /** Some events at a time, so that there are many turns. */
  private static Void publish(Journal journal, String topic, int count, ExecutorService on)
      throws InterruptedException, ExecutionException {
    var random = new Random(topic.hashCode());
    for (int i = 0; i < count; ) {
      int from = i;
      int to = Math.min(count, i + 1 + random.nextInt(20));
      for (var pending : on.submit(() -> publish(journal, topic, from, to)).get()) {
        pending.get();
      }
      i = to;
    }
    return null;
  }

  private static List<CompletableFuture<Appended>> publish(
      Journal journal, String topic, int from, int to) {
    var all = new ArrayList<CompletableFuture<Appended>>();
    for (int i = from; i < to; i++) {
      var event = Event.of(String.valueOf(i));
      boolean own = i % 50 == 0; // such are the own thread's
      all.add(journal.submit(Append.to(topic, own ? event.withId("own-" + i) : event)));
    }
    return all;
  }

  @Test
  void nobodyWaitsForEverWhenAHelperBreaksItsPromise() throws Exception {
    var journal = inMemory();
    var helper = help(journal, 1);
    var broken =
        helper.call(() -> {
          var pending = journal.submit(event("1"));
          journal.close(); // before the promise comes due
          return pending;
        });
    broken.handle((_, _) -> null).get();
    assertThat(helper.call(journal::appendQueued)).isFalse();
  }

  private static void awaitUninterruptibly(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
