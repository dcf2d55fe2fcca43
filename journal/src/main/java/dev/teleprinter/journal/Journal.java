// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Every topic's events in one order. One appender gives each event the next {@link #latest()
 * sequence}; any thread reads. Thread-safe.
 *
 * <p>A topic exists from its first append until retention forgets it. Reading a topic that does not
 * exist is not an error: it is a topic whose first event is still to come.
 */
public interface Journal extends AutoCloseable {
  /** Names this life of the journal: 1 to 16 characters of {@code [0-9a-z]}. */
  String epoch();

  /** The sequence of the newest event, 0 when nothing was ever appended. Any thread. */
  long latest();

  /**
   * Queues an append and returns at once, except that it blocks while the queue is full: that is
   * the back-pressure on a relay; and that a publisher's own id may be looked up on the disk. The
   * future completes on the appender's thread, or a helper's, once readers can see the event (and
   * it is as durable as configured); do no blocking work there. It completes exceptionally with
   * {@link TopicClosedException} when a topic was closed before, and with {@link
   * JournalUnavailableException} when the event cannot be kept.
   */
  CompletableFuture<Appended> submit(Append append);

  /**
   * Like {@link #submit}, but does not wait for room: empty when the queue is full, and nothing was
   * appended (tell the publisher to come back later). Never blocks when the event has no id; a
   * publisher's own may be looked up on the disk.
   */
  Optional<CompletableFuture<Appended>> trySubmit(Append append);

  /**
   * {@link #submit} for one who appends much, and asks of each only whether it was: no future is
   * made, no id and no sequence told.
   */
  void submit(Append append, Outcomes outcomes);

  /** {@link #trySubmit} likewise. Returns false when the queue is full: nothing was appended. */
  boolean trySubmit(Append append, Outcomes outcomes);

  /**
   * {@link #submit}, then waits for the result. Blocks. Throws what the future would carry.
   *
   * @throws IllegalStateException by the appender itself, where it would never return
   */
  Appended append(Append append);

  /**
   * Ends a topic: no more appends, and readers who have read everything reach an end. Idempotent. A
   * topic that does not exist yet becomes a closed, empty one. Blocks until readers can see it.
   */
  void close(String topic);

  /**
   * Forgets a topic whole, name and all, as retention does some time after its end. What it has on
   * the disk is no longer found, and is overwritten by and by. Idempotent. Blocks.
   */
  void forget(String topic);

  /**
   * The frames of {@code topics} after a cursor, in sequence, at most about {@code bytesMax} wire
   * bytes but at least one frame. Never blocks. The caller must {@link Frames#release} frames.
   *
   * <p>Cursor 0 asks for what is kept of the topics' present life; a gap is told it only for events
   * of that. When a read finds {@link Read.AtTail}, there is nothing of the topics up to {@link
   * #latest} as it was before the read: a reader that waits long should move its cursor there, lest
   * it be told a gap for topics that came and were forgotten meanwhile without concerning it.
   */
  default Read read(Topics topics, long after, int bytesMax) {
    return read(topics, after, after, bytesMax);
  }

  /**
   * The same for a reader who was already {@code told} that events up to that sequence are gone: no
   * {@link Read.Gap} on their account.
   */
  Read read(Topics topics, long after, long told, int bytesMax);

  /** Like {@link #read}, but never finds {@link Read.Cold}: it waits for the disk. May block. */
  default Read readBlocking(Topics topics, long after, long told, int bytesMax) {
    return read(topics, after, told, bytesMax);
  }

  /** The events of one topic after a cursor, decoded, at most {@code eventsMax}. May block. */
  List<Recorded> list(String topic, long after, int eventsMax);

  /** What is kept of a topic; empty when it does not exist. May block. */
  Optional<TopicState> state(String topic);

  /**
   * The topics that exist now, in no order. Never blocks: of one whose first events are on the disk
   * only, {@code earliest} is where they may begin, not where they do.
   */
  List<TopicState> states();

  /**
   * Those of the given topics that exist now, in the order given; otherwise as {@link #states()}.
   */
  List<TopicState> states(List<String> topics);

  /**
   * The names of the topics with the latest events, the newest first. Looks at every topic: not for
   * each look of somebody. Never blocks.
   */
  List<String> newestTopics(int topicsMax);

  /**
   * {@return the counts of all that is kept} Costs the same however many topics there are. Never
   * blocks.
   */
  JournalTotals totals();

  /** The names of the topics that are not closed, in no order. */
  List<String> openTopics();

  /**
   * The cursor that an event id names within {@code topics}: {@code <epoch>-<sequence>}, the same
   * behind {@code #}, or a publisher's own id (the earliest, should it occur twice: Mercure 4.1.5;
   * once that one is trimmed, the id is unknown). May block. Empty when the id is unknown here:
   * another epoch, not given yet, or a publisher's and trimmed. For one of the journal's own, a
   * read after the cursor tells whether events are gone. {@code <epoch>-0} is the cursor before the
   * first event.
   */
  OptionalLong locate(Topics topics, String eventId);

  /** Like {@link #locate}, but never blocks: empty also when it cannot be said without the disk. */
  default OptionalLong tryLocate(Topics topics, String eventId) {
    return locate(topics, eventId);
  }

  /**
   * The sequence of a topic's event by its place among all that were ever appended to the topic,
   * counted from 0. May block. Empty when there is none such, or it is trimmed.
   */
  OptionalLong sequenceAt(String topic, long ordinal);

  /**
   * Adds a listener, called on the appender's thread, or a helper's, after each batch became
   * visible. It must not block. It cannot be removed.
   */
  void onAppend(AppendListener listener);

  /** Has appends done by the threads that queue them, where these help; the last call counts. */
  void helpAppending(AppendHelper helper);

  /**
   * Appends what is queued on this thread, unless another is at it: one batch, then listeners and
   * futures are told. What may have to wait for the disk is left to the appender's own thread.
   *
   * @return whether there is more, and this thread should soon come again
   */
  boolean appendQueued();

  /**
   * Asks whether events can be appended. Never blocks.
   *
   * @return done once the appender's own thread has come round to it; failed with the reason when
   *     the disk did not take the last events, or the journal is stopped
   */
  CompletableFuture<Void> probe();

  /**
   * Stops the appender after what is queued, and lets go of memory. Waits. Idempotent. Appends then
   * fail, those that were waiting for room too; what reads find is not said.
   */
  @Override
  void close();

  /** Told what became of appends, of each once, in the order in which one thread queued them. */
  @FunctionalInterface
  interface Outcomes {
    /**
     * An append is done, and readers can see its event; or was refused with what {@link #submit}'s
     * future would carry. On the appender's thread, or a helper's. Must not block or throw.
     */
    void onOutcome(@Nullable RuntimeException refusal);
  }

  /** Told which topics have news. */
  @FunctionalInterface
  interface AppendListener {
    /** Topics appended to or closed; borrowed until it returns; may name one twice. */
    void onAppend(List<String> topics);

    /**
     * The same thread has let go of the turn: now is the time to wake others. Whoever is woken may
     * take this thread's place on the core at once, and would find the turn taken. Calls of two
     * threads may overlap. Must not block or throw.
     */
    default void onTurnOver() {}
  }

  /** One event as it was kept. Immutable. */
  record Recorded(long sequence, Event event) {}
}
