// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One answer's pen: appends its events without waiting for each, and notices when one was refused.
 * Confined to the relay, but for what the journal tells it.
 *
 * <p>A full journal blocks {@link #write}, and through it the upstream. The refusal of one append
 * shows at a later one, or at {@link #settle} at the latest.
 */
final class TopicWriter implements Journal.Outcomes {
  private static final int PENDING_MAX = 1024;

  private final Journal journal;
  private final List<String> topics;
  private final Runnable onFirst;

  // Confined to the relay.
  private long written;

  // Written by the appender, read by the relay.
  private volatile long told; // outcomes of what was written
  private volatile @Nullable RuntimeException refusal; // the first that was not thrown yet

  // Written by the relay, read by the appender.
  private volatile @Nullable Thread waiting; // for outcomes

  /**
   * A pen for a topic without events.
   *
   * @param onFirst run when the first event can be read
   */
  TopicWriter(Journal journal, String topic, Runnable onFirst) {
    this.journal = journal;
    this.topics = List.of(topic);
    this.onFirst = onFirst;
  }

  /** {@return how many events were written: the next one's ordinal} */
  long written() {
    return written;
  }

  /** Appends an event. Throws what the journal threw for an earlier one. */
  void write(Event event) {
    submit(event, false);
  }

  /**
   * Appends an event after the first, unless that would block or throw. Returns whether it did; if
   * not, {@link #write} will.
   */
  boolean tryWrite(Event event) {
    if (written == 0
        || written - told >= PENDING_MAX
        || refusal != null
        || !journal.trySubmit(append(event, false), this)) {
      return false;
    }
    written++;
    return true;
  }

  /** Appends the last event, closes the topic and waits until readers can see it. */
  void end(Event event) {
    submit(event, true);
    settle();
  }

  private void submit(Event event, boolean closing) {
    await(PENDING_MAX - 1);
    throwRefusal();
    journal.submit(append(event, closing), this);
    written++;
    if (written == 1) {
      settle(); // if not even this one is kept, the request can still be refused
      onFirst.run();
    }
  }

  /** Readers get it also while the disk does not take it: an answer cannot be asked for again. */
  private Append append(Event event, boolean closing) {
    return new Append(topics, event, closing, IdForm.PLAIN, true);
  }

  /** Waits until readers can see all that was written. */
  void settle() {
    await(0);
    throwRefusal();
  }

  /** Waits likewise, but forgets refusals: the topic is about to say that the answer failed. */
  void settleAnyhow() {
    await(0);
    refusal = null;
  }

  /** {@return the wire size of all that readers can see} */
  long bytes() {
    settle();
    return journal.state(topics.getFirst()).map(TopicState::bytes).orElse(0L);
  }

  /** {@return all that readers can see} */
  List<Journal.Recorded> recorded() {
    settle();
    return journal.list(topics.getFirst(), 0, Integer.MAX_VALUE);
  }

  private void throwRefusal() {
    var cause = refusal;
    if (cause != null) {
      refusal = null;
      throw cause;
    }
  }

  /** Waits until no more outcomes are open than that. */
  private void await(int pendingMax) {
    boolean interrupted = false;
    waiting = Thread.currentThread(); // before told is read: see onOutcome()
    while (written - told > pendingMax) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // one appender at a time
  public void onOutcome(@Nullable RuntimeException cause) {
    if (cause != null && refusal == null) {
      refusal = cause;
    }
    told++; // after the refusal, and before it is read who waits for it
    LockSupport.unpark(waiting);
  }
}
