// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static dev.teleprinter.journal.JournalFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A full queue, and the journal's end. */
@Timeout(30)
interface PressureContract extends JournalFixture {
  Append KIBIBYTE = Append.to("t", Event.of("x".repeat(1024)));

  /** A journal with room for 16 KiB, whose appender stands still until it is let go. */
  final class Stalled implements AutoCloseable {
    final Journal journal;
    final CountDownLatch letGo = new CountDownLatch(1);
    final List<CompletableFuture<Appended>> queued = new ArrayList<>();

    Stalled(JournalFixture fixture) {
      var config = JournalFixture.config().withFrameBytesMax(8 << 10).withQueuedBytesMax(16 << 10);
      journal = fixture.open(config, new ManualClock(), new Random(1));
      var stalled = new CountDownLatch(1);
      journal.onAppend(_ -> {
        stalled.countDown();
        awaitUninterruptibly(letGo);
      });
      queued.add(journal.submit(KIBIBYTE));
      awaitUninterruptibly(stalled);
    }

    void fill() {
      for (var next = journal.trySubmit(KIBIBYTE);
          next.isPresent();
          next = journal.trySubmit(KIBIBYTE)) {
        queued.add(next.get());
      }
    }

    @Override
    public void close() {
      letGo.countDown();
      journal.close();
    }
  }

  static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.isAlive()).isTrue();
      Thread.yield();
    }
  }

  @Test
  default void refusesWhenTheQueueIsFullAndTakesAgainWhenItIsNot() {
    try (var stalled = new Stalled(this)) {
      stalled.fill();
      assertThat(stalled.queued).hasSizeBetween(4, 16);
      assertThat(stalled.journal.trySubmit(KIBIBYTE)).isEmpty();
      stalled.letGo.countDown();
      stalled.queued.forEach(CompletableFuture::join);
      assertThat(stalled.journal.trySubmit(KIBIBYTE)).isPresent();
      append(stalled.journal, "t", "last");
      assertThat(stalled.journal.latest()).isEqualTo(stalled.queued.size() + 2);
    }
  }

  @Test
  default void aPublisherWaitsWhileTheQueueIsFull() throws InterruptedException {
    try (var stalled = new Stalled(this)) {
      stalled.fill();
      var publisher = Thread.ofPlatform().start(() -> append(stalled.journal, "t", "waited"));
      awaitWaiting(publisher);
      stalled.letGo.countDown();
      publisher.join();
      assertThat(stalled.journal.latest()).isEqualTo(stalled.queued.size() + 1);
    }
  }

  @Test
  default void closeAppendsWhatIsQueuedAndFailsWhoeverWaits() throws InterruptedException {
    var stalled = new Stalled(this);
    stalled.fill();
    var outcomes = new ArrayList<CompletableFuture<Appended>>();
    var publishers = new ArrayList<Thread>();
    for (int i = 0; i < 40; i++) {
      var outcome = new CompletableFuture<Appended>();
      outcomes.add(outcome);
      publishers.add(
          Thread.ofPlatform()
              .start(() -> {
                try {
                  outcome.complete(stalled.journal.append(KIBIBYTE));
                } catch (JournalUnavailableException e) {
                  outcome.completeExceptionally(e);
                }
              }));
    }
    publishers.forEach(PressureContract::awaitWaiting);
    var closer = Thread.ofPlatform().start(stalled.journal::close);
    awaitWaiting(closer);
    stalled.close();
    closer.join();
    for (var queued : stalled.queued) {
      assertThat(queued).isCompleted();
    }
    for (var publisher : publishers) {
      publisher.join(Duration.ofSeconds(10));
      assertThat(publisher.isAlive()).as("a publisher hangs").isFalse();
    }
    assertThat(outcomes).allMatch(CompletableFuture::isDone);
  }

  @Test
  default void tellsEveryOutcomeOnceAndInOrderAlsoWhenItCloses() {
    var told = new ArrayList<Integer>();
    var refused = new ArrayList<RuntimeException>();
    var stalled = new Stalled(this);
    int queued = 0;
    boolean more = true;
    for (; more; queued++) {
      int number = queued;
      var append = Append.to(number == 2 ? "closed" : "t", Event.of("x".repeat(1024)));
      more =
          stalled.journal.trySubmit(
              number == 1 ? append.andClose() : append,
              refusal -> {
                told.add(number);
                if (refusal != null) {
                  refused.add(refusal);
                }
              });
    }
    queued--; // the last found no room
    stalled.close(); // waits
    assertThat(queued).isBetween(4, 16);
    assertThat(told).containsExactlyElementsOf(IntStream.range(0, queued).boxed().toList());
    assertThat(refused).hasSize(queued - 3).allMatch(e -> e instanceof TopicClosedException);
  }

  @Test
  default void whoIsToldAnOutcomeCanReadTheEvent() {
    try (var journal = open()) {
      var latest = new CompletableFuture<Long>();
      journal.submit(KIBIBYTE, refusal -> latest.complete(refusal == null ? journal.latest() : -1));
      assertThat(latest.join()).isEqualTo(1);
    }
  }

  @Test
  default void refusesAppendsAfterClose() {
    var journal = open();
    append(journal, "t", "1");
    journal.close();
    journal.close();
    assertThatThrownBy(() -> append(journal, "t", "2"))
        .isInstanceOf(JournalUnavailableException.class);
    assertThatThrownBy(() -> journal.trySubmit(KIBIBYTE))
        .isInstanceOf(JournalUnavailableException.class);
    assertThatThrownBy(() -> journal.trySubmit(KIBIBYTE, _ -> {}))
        .isInstanceOf(JournalUnavailableException.class);
    assertThatThrownBy(() -> journal.close("t")).isInstanceOf(JournalUnavailableException.class);
  }

  @Test
  default void theAppendersOwnThreadMayNotWaitForItself() {
    try (var journal = open()) {
      var nested =
          journal
              .submit(Append.to("t", Event.of("1")))
              .thenApply(_ -> {
                journal.submit(Append.to("t", Event.of("queued")));
                // Run by the appender, or by this thread if the append was quicker.
                return Thread.currentThread().getName();
              });
      nested.join();
      append(journal, "t", "3");
      assertThat(texts(journal, "t", 0)).containsExactly("1", "queued", "3");
      var thrown = new CompletableFuture<Throwable>();
      journal.onAppend(_ -> {
        try {
          append(journal, "t", "never");
        } catch (IllegalStateException e) {
          thrown.complete(e);
        }
      });
      append(journal, "t", "4");
      assertThatIllegalStateException()
          .isThrownBy(() -> {
            throw thrown.join();
          });
    }
  }
}
