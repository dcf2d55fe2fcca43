// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * An OpenAI-compatible service over HTTP/1.1. Thread-safe.
 *
 * <p>A connection serves one answer at a time, so that closing it is how the upstream learns at
 * once that nobody wants the rest.
 */
final class HttpUpstream implements Upstream {
  private static final Duration LISTING = Duration.ofSeconds(10);

  private final UpstreamConfig config;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Semaphore places;

  // Guarded by this.
  private @Nullable HttpClient client;
  private boolean closed;

  // Written by any thread: what was found out about it.
  private volatile boolean chatOnly;

  HttpUpstream(UpstreamConfig config, Scheduler scheduler, RandomGenerator random) {
    this.config = config;
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
        request(call.dialect().path())
            .header("Content-Type", "application/json")
            .header("Accept", call.streaming() ? "text/event-stream" : "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(call.body())))
            .build();
    var limit = call.streaming() ? timeouts.firstToken() : timeouts.total();
    var response = send(request, limit, signal);
    if (call.streaming() && response.statusCode() == 200) {
      return stream(call, response, begunNs, signal);
    }
    var left = limit.minusNanos(scheduler.nowNs() - begunNs);
    return whole(response, left, signal);
  }

  private HttpRequest.Builder request(String path) {
    var builder = HttpRequest.newBuilder(config.resolve(path));
    var key = config.key();
    return key == null ? builder : builder.header("Authorization", key.bearer());
  }

  /** Sends and waits for the head. */
  private HttpResponse<BodyQueue> send(HttpRequest request, Duration limit, CancelSignal signal) {
    var future = client().sendAsync(request, head -> new BodyQueue());
    var late = new AtomicBoolean();
    signal.onCancel(() -> future.cancel(true));
    var timer =
        scheduler.after(
            limit,
            () -> {
              late.set(true);
              future.cancel(true);
            });
    try {
      return future.join();
    } catch (CancellationException | CompletionException e) {
      throw late.get()
          ? late(limit)
          : signal.isCancelled() ? cancelled() : unreachable(e.getCause());
    } finally {
      timer.cancel();
    }
  }

  private Streaming stream(
      Call call, HttpResponse<BodyQueue> response, long begunNs, CancelSignal signal) {
    var type = response.headers().firstValue("Content-Type").orElse("text/event-stream");
    if (!type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
      response.body().close();
      throw new UpstreamException(
          Kind.INVALID,
          "The upstream '%s' answered with '%s' (expected: text/event-stream)."
              .formatted(name(), type));
    }
    var events = new HttpEvents(config, response.body(), scheduler, begunNs, places::release);
    signal.onCancel(events::abort);
    try {
      events.awaitFirst(call.dialect());
      return new Streaming(events);
    } catch (UpstreamException e) {
      events.discard();
      throw e;
    }
  }

  private Whole whole(HttpResponse<BodyQueue> response, Duration limit, CancelSignal signal) {
    var body = response.body();
    var late = new AtomicBoolean();
    signal.onCancel(body::close);
    var timer =
        scheduler.after(
            limit,
            () -> {
              late.set(true);
              body.close();
            });
    int bytesMax = (int) Math.min(Integer.MAX_VALUE - 16, config.eventBytesMax() * 8L);
    try {
      var bytes = body.readAll(bytesMax);
      if (bytes == null) {
        throw new UpstreamException(
            Kind.INVALID, "The upstream '%s' sent more than %d bytes.".formatted(name(), bytesMax));
      }
      return new Whole(response.statusCode(), HttpReplies.headers(response), bytes);
    } catch (IOException e) {
      throw late.get()
          ? late(config.timeouts().total())
          : new UpstreamException(
              Kind.CUT, "The upstream '%s' broke off in mid-reply.".formatted(name()));
    } finally {
      timer.cancel();
      body.close();
    }
  }

  @Override
  public List<ObjectNode> listModels() {
    var signal = new CancelSignal();
    var response = send(request("/models").GET().build(), LISTING, signal);
    var whole = whole(response, LISTING, signal);
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

  private UpstreamException unreachable(@Nullable Throwable cause) {
    var how =
        cause instanceof HttpConnectTimeoutException
            ? "did not accept a connection in time"
            : cause instanceof ConnectException
                ? "refused the connection"
                : "broke the connection before answering";
    return new UpstreamException(Kind.UNREACHABLE, "The upstream '%s' %s.".formatted(name(), how));
  }

  /**
   * Made at the first use: a client brings up TLS, which a server that starts need not wait for.
   */
  private synchronized HttpClient client() {
    if (closed) {
      throw new UpstreamException(Kind.SHUTDOWN, "The server stops.");
    }
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(config.timeouts().connect())
              .followRedirects(HttpClient.Redirect.NEVER)
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .build();
    }
    return client;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (client != null) {
      client.shutdownNow();
    }
  }
}
