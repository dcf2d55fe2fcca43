// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.server.Readers;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The answers that run now, at most so many, and which ids are taken. Thread-safe. */
final class AnswerRegistry {
  private static final String ID_CHARS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int ID_LENGTH = 24; // 142 bits: an id is also what a stranger must not guess
  private static final int DELETED_SWEEP = 1024;

  private final Journal journal;
  private final Readers readers;
  private final Scheduler scheduler;
  private final Clock clock;
  private final RandomGenerator random;
  private final int answersMax;
  private final MemoryBudget budget;

  private final Set<Answer> running = ConcurrentHashMap.newKeySet();
  private final Map<String, Answer> byId = new ConcurrentHashMap<>();
  private final Map<String, ReaderWatch> watches = new ConcurrentHashMap<>();
  private final Set<String> deleted = ConcurrentHashMap.newKeySet();

  // Guarded by this.
  private int places;
  private boolean closing;

  AnswerRegistry(
      Journal journal,
      Readers readers,
      Scheduler scheduler,
      Clock clock,
      RandomGenerator random,
      int answersMax,
      MemoryBudget budget) {
    this.journal = journal;
    this.readers = readers;
    this.scheduler = scheduler;
    this.clock = clock;
    this.random = random;
    this.answersMax = answersMax;
    this.budget = budget;
  }

  /**
   * Takes a place for a new answer.
   *
   * @throws ApiException 429 when all are taken, 503 when the server stops or has no memory for it
   */
  Answer open(AnswerRequest request, DisconnectPolicy policy) {
    var memory = AnswerMemory.open(budget, request.asked());
    try {
      takePlace();
    } catch (ApiException e) {
      memory.close();
      throw e;
    }
    var answer = new Answer(this, request, policy, nowSeconds(), memory);
    running.add(answer);
    return answer;
  }

  private void takePlace() {
    synchronized (this) {
      if (closing) {
        throw new ApiException(503, "server_error", null, "server_stopping", "The server stops.")
            .with("Retry-After", "5");
      }
      if (places >= answersMax) {
        throw ApiException.busy(
            "too_many_answers", "The server runs " + places + " answers (expected: fewer).", 1);
      }
      places++;
    }
  }

  /** {@return memory for an answer that is given whole} Throws as {@link #open}. */
  AnswerMemory memoryFor(AnswerRequest request) {
    return AnswerMemory.open(budget, request.asked());
  }

  long nowSeconds() {
    return clock.instant().getEpochSecond();
  }

  /** {@return a new id, which is the answer's from now on} */
  String claim(Answer answer) {
    while (true) {
      var id = newId(answer.request().dialect().idPrefix());
      if (tryClaim(answer, id)) {
        return id;
      }
    }
  }

  private boolean tryClaim(Answer answer, String id) {
    if (byId.putIfAbsent(id, answer) != null) {
      return false;
    }
    if (!deleted.contains(id) && journal.state(id).isEmpty()) {
      return true;
    }
    byId.remove(id, answer);
    return false;
  }

  synchronized String newId(String prefix) {
    var id = new StringBuilder(prefix.length() + ID_LENGTH).append(prefix);
    for (int i = 0; i < ID_LENGTH; i++) {
      id.append(ID_CHARS.charAt(random.nextInt(ID_CHARS.length())));
    }
    return id.toString();
  }

  TopicWriter writer(String id, Runnable onFirst) {
    return new TopicWriter(journal, id, onFirst);
  }

  /** {@return the running answer of that id, if it runs} */
  @Nullable Answer find(String id) {
    return byId.get(id);
  }

  /** Cancels the answer when its policy says so and its readers leave. */
  void watchReaders(Answer answer, String id) {
    var watch = ReaderWatch.of(answer, id, readers, scheduler);
    if (watch != null) {
      watches.put(id, watch);
      if (!running.contains(answer)) {
        unwatch(id); // it ended meanwhile
      }
    }
  }

  void release(Answer answer) {
    if (!running.remove(answer)) {
      return;
    }
    var id = answer.id();
    if (id != null) {
      byId.remove(id, answer);
      unwatch(id);
    }
    synchronized (this) {
      places--;
    }
  }

  private void unwatch(String id) {
    var watch = watches.remove(id);
    if (watch != null) {
      watch.close();
    }
  }

  /**
   * Hides an answer, and has the journal forget it unless somebody is still reading it: then
   * retention does.
   */
  void delete(String id) {
    deleted.add(id);
    if (readers.count(id) == 0) {
      journal.forget(id);
    }
    if (deleted.size() % DELETED_SWEEP == 0) {
      deleted.removeIf(other -> journal.state(other).isEmpty());
    }
  }

  boolean isDeleted(String id) {
    return deleted.contains(id);
  }

  /** {@return how many answers run} */
  synchronized int size() {
    return places;
  }

  /** Takes no more answers, lets the running ones finish for a time, then cancels them. Waits. */
  void close(Duration drain) {
    synchronized (this) {
      closing = true;
    }
    awaitEnds(drain);
    for (var answer : running) {
      answer.signal().cancel(CancelSignal.Reason.SHUTDOWN);
    }
    awaitEnds(Duration.ofSeconds(5));
  }

  private void awaitEnds(Duration limit) {
    var all =
        java.util.concurrent.CompletableFuture.allOf(
            running.stream()
                .map(Answer::ended)
                .toArray(java.util.concurrent.CompletableFuture<?>[]::new));
    all.completeOnTimeout(null, limit.toNanos(), TimeUnit.NANOSECONDS).join();
  }
}
