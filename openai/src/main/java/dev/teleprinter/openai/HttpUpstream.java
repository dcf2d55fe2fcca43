// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.server.BadReplyException;
import dev.teleprinter.server.Loops;
import dev.teleprinter.server.OutboundCall;
import dev.teleprinter.server.OutboundClient;
import dev.teleprinter.server.OutboundRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import tools.jackson.databind.node.ObjectNode;

/**
 * An OpenAI-compatible service over HTTP/1.1. Thread-safe.
 *
 * <p>A connection serves one answer at a time, so that closing it is how the upstream learns at
 * once that nobody wants the rest.
 */
final class HttpUpstream implements Upstream {
  private static final Duration LISTING = Duration.ofSeconds(10);
  private static final String JSON = "application/json";
  private static final int ERROR_BYTES_MAX = 64 << 10;

  private final UpstreamConfig config;
  private final OutboundClient client;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Semaphore places;
  private final KeyMask mask;
  private final UpstreamFailures failures;

  // Written by any thread: what was found out about it.
  private volatile boolean chatOnly;

  HttpUpstream(UpstreamConfig config, Loops loops, Scheduler scheduler, RandomGenerator random) {
    this.config = config;
    this.client = new OutboundClient(loops, config.baseUrl(), config.timeouts().connect());
    this.scheduler = scheduler;
    this.random = random;
    this.places = new Semaphore(config.answersMax());
    this.mask = KeyMask.of(config.key());
    this.failures = new UpstreamFailures(config.name());
    this.chatOnly = config.dialects() == UpstreamConfig.Dialects.CHAT;
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public List<String> models() {
    return config.models();
  }

  @Override
  public boolean isChatOnly() {
    return chatOnly;
  }

  @Override
  public boolean asksUsage() {
    return config.asksUsage();
  }

  @Override
  public KeyMask mask() {
    return mask;
  }

  @Override
  public Opened open(Call call, CancelSignal signal) {
    if (!places.tryAcquire()) {
      throw new UpstreamException(
          Kind.BUSY,
          "The upstream '%s' runs %d answers (expected: fewer)."
              .formatted(name(), config.answersMax()));
    }
    boolean streaming = false;
    try {
      var opened = openWithRetries(call, signal);
      streaming = opened instanceof Streaming;
      return opened;
    } catch (UpstreamException e) {
      throw e.masked(mask);
    } finally {
      if (!streaming) {
        places.release();
      }
    }
  }

  private Opened openWithRetries(Call call, CancelSignal signal) {
    var retries = config.retries();
    for (int attempt = 1; ; attempt++) {
      boolean last = attempt == retries.attemptsMax();
      var pause = backoff(attempt);
      try {
        var opened = attempt(call, signal);
        if (last
            || !(opened instanceof Whole whole)
            || !HttpReplies.isWorthRetrying(whole.status())) {
          return learned(call, opened);
        }
        var asked = HttpReplies.retryAfter(whole);
        if (asked != null && asked.compareTo(retries.retryAfterMax()) > 0) {
          return whole;
        }
        pause = asked == null ? pause : asked;
      } catch (UpstreamException e) {
        boolean early = e.kind() == Kind.UNREACHABLE || e.kind() == Kind.REPORTED;
        if (last || !early || !e.isTransient() || signal.isCancelled()) {
          throw e;
        }
      }
      scheduler.sleep(pause, signal);
      if (signal.isCancelled()) {
        throw failures.cancelled();
      }
    }
  }

  /** Twice as long each time, give or take a half, so that clients do not come back together. */
  private Duration backoff(int attempt) {
    long ns = config.retries().backoff().toNanos() << (attempt - 1);
    return ns == 0 ? Duration.ZERO : Duration.ofNanos(random.nextLong(ns / 2, ns + ns / 2 + 1));
  }

  /** Remembers an upstream that has no Responses; others' 404s speak of a model or a response. */
  private Opened learned(Call call, Opened opened) {
    if (config.dialects() == UpstreamConfig.Dialects.AUTO
        && call.dialect() == Dialect.RESPONSES
        && opened instanceof Whole whole
        && HttpReplies.saysNoSuchPath(whole)) {
      chatOnly = true;
    }
    return opened;
  }

  private Opened attempt(Call call, CancelSignal signal) {
    var timeouts = config.timeouts();
    long begunNs = scheduler.nowNs();
    var request =
        request("POST", call.dialect().path())
            .with("Accept", call.streaming() ? "text/event-stream" : JSON)
            .with("Content-Type", JSON)
            .with(Json.bytes(call.body()));
    var limit = call.streaming() ? timeouts.firstToken() : timeouts.total();
    var reply = send(request, limit, signal);
    requireReadable(reply, call.streaming());
    if (call.streaming() && reply.status() == 200) {
      return stream(call, reply, begunNs, signal);
    }
    var left = limit.minusNanos(scheduler.nowNs() - begunNs);
    return whole(reply, left, signal, call.memory());
  }

  /** Closes the connection of a reply whose body must not be read. */
  private void requireReadable(OutboundCall reply, boolean streaming) {
    var fault = HttpReplies.fault(reply, streaming);
    if (fault != null) {
      reply.abort();
      throw failures.invalid(fault);
    }
  }

  private OutboundRequest request(String method, String path) {
    var url = config.resolve(path);
    var query = url.getRawQuery();
    var request =
        OutboundRequest.of(
                method, query == null ? url.getRawPath() : url.getRawPath() + "?" + query)
            .with("Accept-Encoding", "identity");
    var key = config.key();
    return key == null ? request : request.with("Authorization", key.bearer());
  }

  /** Sends and waits for the head. */
  private OutboundCall send(OutboundRequest request, Duration limit, CancelSignal signal) {
    var call = client.call(request);
    var late = new AtomicBoolean();
    signal.onCancel(call::abort);
    var timer =
        scheduler.after(
            limit,
            () -> {
              late.set(true);
              call.abort();
            });
    try {
      call.send();
      return call;
    } catch (BadReplyException e) {
      throw failures.broke(e);
    } catch (IOException e) {
      throw late.get()
          ? failures.late(Kind.TIMEOUT, "did not answer within", limit)
          : signal.isCancelled() ? failures.cancelled() : failures.unreachable(e);
    } finally {
      timer.cancel();
    }
  }

  private Streaming stream(Call call, OutboundCall reply, long begunNs, CancelSignal signal) {
    var events = new HttpEvents(config, reply, scheduler, begunNs, call.memory(), places::release);
    signal.onCancel(events::abort);
    try {
      events.awaitFirst(call.dialect());
      return new Streaming(events);
    } catch (RuntimeException | Error e) { // its place is still the caller's to give back
      events.discard();
      throw e;
    }
  }

  private Whole whole(OutboundCall reply, Duration left, CancelSignal signal, AnswerMemory memory) {
    signal.onCancel(reply::abort);
    boolean error = reply.status() >= 400;
    int bytesMax =
        error
            ? ERROR_BYTES_MAX
            : (int) Math.min(Integer.MAX_VALUE - 16, config.eventBytesMax() * 8L);
    var timeouts = config.timeouts();
    var bytes =
        new WholeBody(failures, reply, scheduler, timeouts.betweenTokens())
            .read(left, timeouts.total(), bytesMax, memory);
    var headers = HttpReplies.headers(reply, mask);
    if (error) { // a body that is too long says no more than its status
      return new Whole(reply.status(), headers, bytes == null ? new byte[0] : masked(bytes));
    }
    if (bytes == null) {
      throw failures.invalid("sent more than %d bytes".formatted(bytesMax));
    }
    if (!Json.isOneValue(bytes)) {
      throw failures.invalid("sent a body that is not JSON");
    }
    return new Whole(reply.status(), headers, mask.mask(bytes));
  }

  /** An error's body; as it came, unless any of its words shows the key, escaped or not. */
  private byte[] masked(byte[] error) {
    var object = Json.tryObject(error, _ -> {});
    if (object != null) {
      var text = Json.write(object);
      var hidden = mask.mask(text);
      if (!hidden.equals(text)) {
        return hidden.getBytes(StandardCharsets.UTF_8);
      }
    }
    return mask.mask(error);
  }

  @Override
  public List<ObjectNode> listModels(AnswerMemory memory) {
    var signal = new CancelSignal();
    var reply = send(request("GET", "/models").with("Accept", JSON), LISTING, signal);
    requireReadable(reply, false);
    var whole = whole(reply, LISTING, signal, memory);
    var body = whole.isError() ? null : Json.tryObject(whole.body(), memory::holdTree);
    if (body == null) {
      throw new UpstreamException(
          Kind.INVALID, "The upstream '%s' lists no models.".formatted(name()));
    }
    var found = new ArrayList<ObjectNode>();
    for (var model : body.path("data")) {
      if (model instanceof ObjectNode object && Json.text(object, "id") != null) {
        found.add(object);
      }
    }
    return found;
  }

  @Override
  public void close() {
    client.close();
  }
}
