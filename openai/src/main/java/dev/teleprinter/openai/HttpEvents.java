// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.server.BadReplyException;
import dev.teleprinter.server.OutboundCall;
import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import dev.teleprinter.sse.EventTooLargeException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The body of an upstream's event stream, read as it comes. Confined to the relay that reads it,
 * except {@link #abort}, what its timers do, and that an event loop reads while the relay {@link
 * #pour pours}.
 *
 * <p>Reads block, so time is watched from outside: a timer looks at how long the read in progress
 * has waited and closes the body under it. Between two reads nobody waits for the upstream (the
 * journal may be pushing back), and that is not its silence.
 */
final class HttpEvents implements Upstream.Events {
  static final String DONE = "[DONE]";
  private static final int BUFFER_BYTES = 8192;
  private static final int PROGRESS_BYTES = 1024;
  private static final Duration DRAIN = Duration.ofMillis(500);

  private final UpstreamConfig config;
  private final OutboundCall reply;
  private final Scheduler scheduler;
  private final AnswerMemory memory;
  private final UpstreamFailures failures;
  private final Runnable onClose;
  private final Scheduler.Task totalTimer;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Confined to the relay, or to the loop while it pours.
  private final Queue<Event> events = new ArrayDeque<>();
  private final EventDecoder decoder;
  private final EventRoom room;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private boolean begun;
  private boolean done;
  private boolean ended;
  private boolean tooLarge;
  private boolean memoryFull;
  private boolean progressed; // an event came of what was fed last
  private @Nullable Predicate<Event> taker;
  private @Nullable Throwable bug; // the taker's

  // Written by the relay, or the loop while it pours; read by timers.
  private volatile long waitingSinceNs; // for progress; 0: nobody waits for the upstream

  // Written by timers, read by the relay.
  private volatile @Nullable UpstreamException lateness;
  private volatile Scheduler.Task timer;

  HttpEvents(
      UpstreamConfig config,
      OutboundCall reply,
      Scheduler scheduler,
      long begunNs,
      AnswerMemory memory,
      Runnable onClose) {
    this.config = config;
    this.reply = reply;
    this.scheduler = scheduler;
    this.memory = memory;
    this.room = new EventRoom(memory);
    this.failures = new UpstreamFailures(config.name());
    this.onClose = onClose;
    this.decoder = new EventDecoder(this::onEvent, config.eventBytesMax());
    var timeouts = config.timeouts();
    long goneNs = scheduler.nowNs() - begunNs;
    totalTimer =
        scheduler.after(
            timeouts.total().minusNanos(goneNs),
            () -> tooLate(Kind.TIMEOUT, "took longer than", timeouts.total()));
    timer =
        scheduler.after(
            timeouts.firstToken().minusNanos(goneNs),
            () -> tooLate(Kind.TIMEOUT, "sent no event within", timeouts.firstToken()));
  }

  private void onEvent(Event event) {
    room.onEvent();
    progressed = true;
    if (event.data().isEmpty()) {
      return; // a heartbeat that crashes four of seven clients
    }
    if (taker == null || !events.isEmpty() || !taker.test(event)) {
      events.add(event);
    }
  }

  /**
   * Waits for the first event, which {@link #next} then gives. An error in its place, or none, is
   * thrown: nothing was relayed yet, so that another try is possible.
   */
  void awaitFirst(Dialect dialect) {
    if (!fill()) {
      throw new UpstreamException(
          Kind.UNREACHABLE,
          "The upstream '%s' ended its stream before the first event.".formatted(config.name()));
    }
    begun = true;
    timer.cancel();
    timer = scheduler.after(config.timeouts().betweenTokens(), this::watchSilence);
    var first = events.element();
    var object = Json.tryObject(first.data(), memory::holdTree);
    if (object != null && StreamErrors.isError(dialect, first.type(), object)) {
      throw UpstreamException.reported(object);
    }
  }

  @Override
  public @Nullable Event next() {
    if (!fill()) {
      return null;
    }
    var event = events.remove();
    done = event.data().strip().equals(DONE);
    return event;
  }

  @Override
  public void pour(Predicate<Event> newTaker) {
    if (!events.isEmpty() || ended || tooLarge || memoryFull) {
      return;
    }
    taker = newTaker;
    waitingSinceNs = now();
    try {
      reply.pour(this::take);
    } catch (IOException e) {
      return; // the next read says so too
    } finally {
      taker = null;
      waitingSinceNs = 0;
    }
    switch (bug) {
      case null -> {}
      case Error e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(bug);
    }
  }

  /** On the loop. Returns whether all of it was taken. */
  private boolean take(byte[] bytes, int from, int to) {
    try {
      feed(bytes, from, to);
      if (progressed || isProgress(bytes, from, to)) {
        waitingSinceNs = now();
      }
    } catch (EventTooLargeException e) {
      tooLarge = true;
    } catch (RuntimeException | Error e) { // the relay's to deal with: its answer ends by it
      bug = e;
    }
    return events.isEmpty() && !tooLarge && !memoryFull && bug == null;
  }

  /** The end of a line, or at least some bytes: an upstream that drips does not live by that. */
  private static boolean isProgress(byte[] bytes, int from, int to) {
    return to - from >= PROGRESS_BYTES || bytes[to - 1] == '\n' || bytes[to - 1] == '\r';
  }

  private void feed(byte[] bytes, int from, int to) {
    progressed = false;
    memoryFull = !room.tryAdd(to - from);
    if (!memoryFull) {
      decoder.feed(bytes, from, to);
    }
  }

  private long now() {
    return Math.max(1, scheduler.nowNs());
  }

  /** Reads until there is an event. Returns false at the end. */
  private boolean fill() {
    try {
      while (events.isEmpty() && !ended) {
        if (memoryFull) {
          throw AnswerMemory.exhausted();
        }
        if (tooLarge) {
          throw new UpstreamException(
              Kind.INVALID,
              "The upstream '%s' sent an event of more than %d bytes."
                  .formatted(config.name(), config.eventBytesMax()));
        }
        decode();
      }
      return !events.isEmpty();
    } catch (BadReplyException e) {
      throw failures.broke(e);
    } catch (IOException e) {
      var late = lateness;
      throw late != null
          ? late
          : begun
              ? failures.cut(Kind.CUT, "in mid-answer")
              : failures.cut(Kind.UNREACHABLE, "before the first event");
    }
  }

  /** What came before an event that is too large is still relayed. */
  private void decode() throws IOException {
    try {
      int count = read();
      if (count < 0) {
        ended = true;
        decoder.end();
      } else {
        feed(buffer, 0, count);
        if (progressed || isProgress(buffer, 0, count)) {
          waitingSinceNs = 0;
        }
      }
    } catch (EventTooLargeException e) {
      tooLarge = true;
    }
  }

  /** A wait goes on from one read to the next where only a drip came in between. */
  private int read() throws IOException {
    if (waitingSinceNs == 0) {
      waitingSinceNs = now();
    }
    return reply.read(buffer);
  }

  /** Runs once in each period of silence allowed, not once for each token. */
  private void watchSilence() {
    var limit = config.timeouts().betweenTokens();
    long since = waitingSinceNs;
    long silentNs = since == 0 ? 0 : scheduler.nowNs() - since;
    if (silentNs >= limit.toNanos()) {
      tooLate(Kind.STALLED, "sent nothing for", limit);
    } else if (!closed.get()) {
      timer = scheduler.after(limit.minusNanos(silentNs), this::watchSilence);
    }
  }

  private void tooLate(Kind kind, String how, Duration limit) {
    lateness = failures.late(kind, how, limit);
    abort();
  }

  /** Closes the upstream's socket under whoever reads. Any thread. Idempotent. */
  void abort() {
    reply.abort();
  }

  /** Like {@link #close}, for a stream that was never handed over: its place stays taken. */
  void discard() {
    if (!closed.getAndSet(true)) {
      stopTimers();
      abort();
    }
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    stopTimers();
    onClose.run();
    if (done && !ended) {
      drain();
    }
    abort();
  }

  private void stopTimers() {
    timer.cancel();
    totalTimer.cancel();
  }

  /**
   * After the last event the body's end is mostly there too: read to it, the connection is reused.
   */
  private void drain() {
    var limit = scheduler.after(DRAIN, this::abort);
    try {
      while (reply.read(buffer) >= 0) {
        assert done; // what comes after [DONE] is nobody's
      }
    } catch (IOException e) {
      System.getLogger("dev.teleprinter.openai")
          .log(System.Logger.Level.DEBUG, "an upstream did not end its stream", e);
    }
    limit.cancel();
  }
}
