// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.server.Loops;
import dev.teleprinter.server.OutboundCall;
import dev.teleprinter.server.OutboundClient;
import dev.teleprinter.server.OutboundRequest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;
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

  private final UpstreamConfig config;
  private final OutboundClient client;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Semaphore places;

  // Written by any thread: what was found out about it.
  private volatile boolean chatOnly;

  HttpUpstream(UpstreamConfig config, Loops loops, Scheduler scheduler, RandomGenerator random) {
    this.config = config;
    this.client = new OutboundClient(loops, config.baseUrl(), config.timeouts().connect());
    this.scheduler = scheduler;
    this.random = random;
    this.places = new Semaphore(config.answersMax());
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
        throw cancelled();
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
    if (call.streaming() && reply.status() == 200) {
      return stream(call, reply, begunNs, signal);
    }
    var left = limit.minusNanos(scheduler.nowNs() - begunNs);
    return whole(reply, left, signal);
  }

  private OutboundRequest request(String method, String path) {
    var url = config.resolve(path);
    var query = url.getRawQuery();
    var request =
        OutboundRequest.of(
            method, query == null ? url.getRawPath() : url.getRawPath() + "?" + query);
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
    } catch (IOException e) {
      throw late.get() ? late(limit) : signal.isCancelled() ? cancelled() : unreachable(e);
    } finally {
      timer.cancel();
    }
  }

  private Streaming stream(Call call, OutboundCall reply, long begunNs, CancelSignal signal) {
    var type = reply.header("Content-Type");
    if (type != null && !type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
      reply.abort();
      throw new UpstreamException(
          Kind.INVALID,
          "The upstream '%s' answered with '%s' (expected: text/event-stream)."
              .formatted(name(), type));
    }
    var events = new HttpEvents(config, reply, scheduler, begunNs, places::release);
    signal.onCancel(events::abort);
    try {
      events.awaitFirst(call.dialect());
      return new Streaming(events);
    } catch (UpstreamException e) {
      events.discard();
      throw e;
    }
  }

  private Whole whole(OutboundCall reply, Duration limit, CancelSignal signal) {
    var late = new AtomicBoolean();
    signal.onCancel(reply::abort);
    var timer =
        scheduler.after(
            limit,
            () -> {
              late.set(true);
              reply.abort();
            });
    int bytesMax = (int) Math.min(Integer.MAX_VALUE - 16, config.eventBytesMax() * 8L);
    try {
      var bytes = reply.readAll(bytesMax);
      if (bytes == null) {
        throw new UpstreamException(
            Kind.INVALID, "The upstream '%s' sent more than %d bytes.".formatted(name(), bytesMax));
      }
      return new Whole(reply.status(), HttpReplies.headers(reply), bytes);
    } catch (IOException e) {
      throw late.get()
          ? late(config.timeouts().total())
          : new UpstreamException(
              Kind.CUT, "The upstream '%s' broke off in mid-reply.".formatted(name()));
    } finally {
      timer.cancel();
      reply.abort();
    }
  }

  @Override
  public List<ObjectNode> listModels() {
    var signal = new CancelSignal();
    var reply = send(request("GET", "/models"), LISTING, signal);
    var whole = whole(reply, LISTING, signal);
    var body = whole.isError() ? null : Json.tryObject(whole.body());
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

  private UpstreamException late(Duration limit) {
    return new UpstreamException(
        Kind.TIMEOUT,
        "The upstream '%s' did not answer within %d s.".formatted(name(), limit.toSeconds()));
  }

  private UpstreamException cancelled() {
    return new UpstreamException(Kind.CUT, "The answer of '%s' was cancelled.".formatted(name()));
  }

  private UpstreamException unreachable(Exception cause) {
    var how =
        switch (cause) {
          case SocketTimeoutException e -> "did not accept a connection in time";
          case ConnectException e -> "refused the connection";
          case UnknownHostException e -> "has no address";
          case SSLException e -> "failed the TLS handshake";
          default -> "broke the connection before answering";
        };
    return new UpstreamException(Kind.UNREACHABLE, "The upstream '%s' %s.".formatted(name(), how));
  }

  @Override
  public void close() {
    client.close();
  }
}
