// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static dev.teleprinter.journal.JournalFixture.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.Journal.AppendListener;
import dev.teleprinter.sse.Event;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Failures on the journal's own threads, which no caller could notice. */
@Timeout(30)
final class DyingThreadsTest {
  private static final DiskConfig INTERVAL =
      new DiskConfig(Durability.INTERVAL, Duration.ofMillis(1), 16 << 10);

  private final FakeFolder folder = new FakeFolder();
  private final CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
  private UncaughtExceptionHandler before;

  @BeforeEach
  void watches() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((_, e) -> uncaught.complete(e));
  }

  @AfterEach
  void watchesNoMore() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  private DiskJournal open() {
    return DiskJournal.open(
        folder, JournalFixture.config(), INTERVAL, new ManualClock(), new Random(1));
  }

  private static AppendListener throwing(Error error) {
    return new AppendListener() {
      @Override
      public void onAppend(List<String> topics) {
        throw error;
      }
    };
  }

  @Test
  void aBugWhileForcingIsTriedAgain() throws Exception {
    var tries = new AtomicInteger();
    var forced = new CountDownLatch(3);
    folder.onForce(() -> {
      if (Thread.currentThread().getName().equals("tp-force-0")) {
        forced.countDown();
        if (tries.incrementAndGet() < 3) {
          throw new IllegalStateException("a bug while forcing");
        }
      }
    });
    try (var journal = open()) {
      append(journal, "t", "1"); // one append: nothing else asks for another try
      forced.await();
    }
    assertThat(uncaught).isNotDone();
  }

  @Test
  void anErrorWhileForcingReachesTheHandlerThatEndsTheProcess() {
    var error = new NoClassDefFoundError("while forcing");
    folder.onForce(() -> {
      if (Thread.currentThread().getName().equals("tp-force-0")) {
        throw error;
      }
    });
    try (var journal = open()) {
      append(journal, "t", "1");
      assertThat(uncaught.join()).isSameAs(error);
    }
  }

  @Test
  void anErrorOfTheAppenderReachesTheHandlerAndNobodyWaitsForIt() {
    var error = new NoClassDefFoundError("in a listener");
    try (var journal = new MemoryJournal(JournalFixture.config())) {
      journal.onAppend(throwing(error));
      var lost = journal.submit(Append.to("t", Event.of("1")));
      assertThat(uncaught.join()).isSameAs(error);
      assertThatThrownBy(() -> append(journal, "t", "2"))
          .isInstanceOf(JournalUnavailableException.class);
      assertThatThrownBy(lost::join).hasCauseInstanceOf(JournalUnavailableException.class);
    }
  }
}
