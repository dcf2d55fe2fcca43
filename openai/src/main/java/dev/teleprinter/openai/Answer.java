// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.server.Response;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One running answer: what was asked, its topic once it has one, and the ways to end it.
 * Thread-safe; its events are written by its relay alone.
 *
 * <p>It gets its id once, from whoever comes first: the relay with the first event, or the request
 * whose patience is over. The id is random and this server's own, whatever the upstream calls the
 * answer (docs/decisions/0018). The request is answered when the first event can be read, or when
 * its patience is over; until then the answer can still be refused.
 */
final class Answer {
  /** How an answer began, or did not. */
  sealed interface Start {
    /** It has an id, and events come. */
    record Begun(String id) implements Start {}

    /** No upstream gave one. */
    record Refused(Response.Reply reply) implements Start {}
  }

  // Made early: what ends an answer so may be that there is no memory.
  private static final Response.Reply DIED =
      new UpstreamException(UpstreamException.Kind.INTERNAL, "The server failed.")
          .asApiException()
          .reply();

  private final AnswerRegistry registry;
  private final AnswerRequest request;
  private final DisconnectPolicy policy;
  private final long createdAtSeconds;
  private final AnswerMemory memory;
  private final CancelSignal signal = new CancelSignal();
  private final CompletableFuture<Start> start = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  // Guarded by this.
  private @Nullable String id;

  Answer(
      AnswerRegistry registry,
      AnswerRequest request,
      DisconnectPolicy policy,
      long createdAtSeconds,
      AnswerMemory memory) {
    this.registry = registry;
    this.request = request;
    this.policy = policy;
    this.createdAtSeconds = createdAtSeconds;
    this.memory = memory;
  }

  AnswerRequest request() {
    return request;
  }

  DisconnectPolicy policy() {
    return policy;
  }

  long createdAtSeconds() {
    return createdAtSeconds;
  }

  /** {@return what it reserves memory from while it runs} */
  AnswerMemory memory() {
    return memory;
  }

  CancelSignal signal() {
    return signal;
  }

  /** {@return how it began; completes once} */
  CompletableFuture<Start> start() {
    return start;
  }

  /** {@return done when its topic is closed, or it was refused} */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** {@return its id, which it gets now if it has none} */
  String begin() {
    String begun;
    synchronized (this) {
      if (id != null) {
        return id;
      }
      begun = registry.claim(this);
      id = begun;
    }
    registry.watchReaders(this, begun);
    return begun;
  }

  /** Its first event can be read: the request is answered. */
  private void announce() {
    start.complete(new Start.Begun(begin()));
  }

  /** Patience is over: answers the request with an id, unless it was answered or refused. */
  void maybeBegin() {
    boolean fresh;
    String begun;
    synchronized (this) {
      if (start.isDone()) {
        return;
      }
      fresh = id == null;
      begun = id == null ? registry.claim(this) : id;
      id = begun;
      start.complete(new Start.Begun(begun));
    }
    if (fresh) {
      registry.watchReaders(this, begun);
    }
  }

  /** Answers the request with an error, unless it was answered already. Returns whether it did. */
  synchronized boolean tryRefuse(Response.Reply reply) {
    return start.complete(new Start.Refused(reply));
  }

  synchronized @Nullable String id() {
    return id;
  }

  /** {@return a pen for its topic, beginning it if need be} */
  TopicWriter writer() {
    return registry.writer(begin(), this::announce);
  }

  /** {@return a new random id} */
  String newId(String prefix) {
    return registry.newId(prefix);
  }

  /** Its relay is done with it, or died: whoever waits for it need not any more. Idempotent. */
  void end() {
    try {
      registry.release(this);
      memory.close();
    } finally {
      ended.complete(null);
      if (!start.isDone()) {
        tryRefuse(DIED);
      }
    }
  }
}
