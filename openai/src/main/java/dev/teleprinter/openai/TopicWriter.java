// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Appended;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.sse.Event;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * One answer's pen: appends its events without waiting for each, and notices when one was refused.
 * Confined to the relay.
 *
 * <p>A full journal blocks {@link #write}, and through it the upstream. The refusal of one append
 * shows at a later one, or at {@link #settle} at the latest.
 */
final class TopicWriter {
  private static final int PENDING_MAX = 1024;

  private final Journal journal;
  private final String topic;
  private final Runnable onFirst;
  private final Queue<CompletableFuture<Appended>> pending = new ArrayDeque<>();
  private long written;

  /**
   * A pen for a topic without events.
   *
   * @param onFirst run when the first event can be read
   */
  TopicWriter(Journal journal, String topic, Runnable onFirst) {
    this.journal = journal;
    this.topic = topic;
    this.onFirst = onFirst;
  }

  /** {@return how many events were written: the next one's ordinal} */
  long written() {
    return written;
  }

  /** Appends an event. Throws what the journal threw for an earlier one. */
  void write(Event event) {
    submit(Append.to(topic, event));
  }

  /**
   * Appends an event after the first, unless that would block or throw. Returns whether it did; if
   * not, {@link #write} will.
   */
  boolean tryWrite(Event event) {
    while (!pending.isEmpty() && pending.element().isDone()) {
      if (pending.element().isCompletedExceptionally()) {
        return false;
      }
      pending.remove();
    }
    if (written == 0 || pending.size() >= PENDING_MAX) {
      return false;
    }
    var submitted = journal.trySubmit(Append.to(topic, event).orElseUnstored());
    if (submitted.isEmpty()) {
      return false; // the journal is full: whoever may block waits for room
    }
    pending.add(submitted.get());
    written++;
    return true;
  }

  /** Appends the last event, closes the topic and waits until readers can see it. */
  void end(Event event) {
    submit(Append.to(topic, event).andClose());
    settle();
  }

  /** Readers get it also while the disk does not take it: an answer cannot be asked for again. */
  private void submit(Append given) {
    var append = given.orElseUnstored();
    while (!pending.isEmpty() && (pending.element().isDone() || pending.size() >= PENDING_MAX)) {
      join(pending.remove());
    }
    pending.add(journal.submit(append));
    if (written++ == 0) {
      settle(); // if not even this one is kept, the request can still be refused
      onFirst.run();
    }
  }

  /** Waits until readers can see all that was written. */
  void settle() {
    while (!pending.isEmpty()) {
      join(pending.remove());
    }
  }

  /** Waits likewise, but forgets refusals: the topic is about to say that the answer failed. */
  void settleAnyhow() {
    while (!pending.isEmpty()) {
      pending.remove().handle((appended, refusal) -> appended).join();
    }
  }

  /** {@return all that readers can see} */
  List<Journal.Recorded> recorded() {
    settle();
    return journal.list(topic, 0, Integer.MAX_VALUE);
  }

  private static void join(CompletableFuture<Appended> future) {
    try {
      var appended = future.join();
      assert !appended.duplicate(); // events of answers have no ids of their own
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
