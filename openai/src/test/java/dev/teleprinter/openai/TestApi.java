// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Journal.Recorded;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.Loops;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/** The API over a journal in memory, called as the server would call it. */
final class TestApi implements AutoCloseable {
  static final long NOW_SECONDS = 1_700_000_000;

  final Journal journal;
  final FakeReaders readers = new FakeReaders();
  final MemoryBudget memory;
  final ManualScheduler scheduler;
  private final Loops loops = Loops.start(1);
  final OpenAiApi api;
  private final Routes routes = new Routes();

  TestApi(OpenAiConfig config, ManualScheduler scheduler) {
    this(config, scheduler, JournalConfig.defaults());
  }

  private TestApi(OpenAiConfig config, ManualScheduler scheduler, JournalConfig journalConfig) {
    this(config, scheduler, journalConfig, new MemoryBudget(256L << 20));
  }

  TestApi(
      OpenAiConfig config,
      ManualScheduler scheduler,
      JournalConfig journalConfig,
      MemoryBudget memory) {
    this.memory = memory;
    journal = new MemoryJournal(journalConfig.withMemoryBytesMax(16L << 20));
    this.scheduler = scheduler;
    api =
        new OpenAiApi(
            config.withDrain(Duration.ZERO),
            journal,
            readers,
            loops,
            memory,
            scheduler,
            Clock.fixed(Instant.ofEpochSecond(NOW_SECONDS), ZoneOffset.UTC),
            new Random(1));
    api.addRoutes(routes);
  }

  /** With the demo alone. */
  static TestApi demo() {
    return new TestApi(OpenAiConfig.defaults(), ManualScheduler.withoutPauses());
  }

  /** With one upstream, asked once. */
  static TestApi over(ScriptedUpstream upstream) {
    return over(config(upstream));
  }

  static TestApi over(UpstreamConfig upstream) {
    return new TestApi(
        OpenAiConfig.defaults().withUpstreams(List.of(upstream)), ManualScheduler.withoutPauses());
  }

  /** With one upstream and a journal of its own limits. */
  static TestApi over(ScriptedUpstream upstream, JournalConfig journal) {
    return new TestApi(
        OpenAiConfig.defaults().withUpstreams(List.of(config(upstream))),
        ManualScheduler.withoutPauses(),
        journal);
  }

  static UpstreamConfig config(ScriptedUpstream upstream) {
    return UpstreamConfig.of("scripted", upstream.baseUrl())
        .withRetries(UpstreamConfig.Retries.none());
  }

  Response call(FakeRequest http) throws Exception {
    var match = routes.match(http.method(), http.path());
    http.matched(match.parameters());
    return match.handler().handle(http);
  }

  Response post(String target, String body) throws Exception {
    return call(new FakeRequest("POST", target).body(body));
  }

  Response get(String target) throws Exception {
    return call(new FakeRequest("GET", target));
  }

  /** Posts a streaming request and gives the answer's id. */
  String begin(String target, String body) throws Exception {
    return topic(post(target, body));
  }

  static String topic(Response response) {
    if (response instanceof Response.Subscribe subscribe
        && subscribe.topics() instanceof Topics.Named(var names)) {
      return names.getFirst();
    }
    throw new AssertionError("not a subscription: " + text(response));
  }

  /** The events of an answer, once it has ended. */
  List<Event> events(String id) throws InterruptedException {
    awaitClosed(id);
    return journal.list(id, 0, 100_000).stream()
        .map(Recorded::event)
        .map(e -> e.withId(null))
        .toList();
  }

  void awaitClosed(String id) throws InterruptedException {
    await(() -> journal.state(id).map(s -> s.closed()).orElse(false));
  }

  void awaitEvents(String id, int count) throws InterruptedException {
    await(() -> journal.state(id).map(s -> s.appended() >= count).orElse(false));
  }

  void awaitIdle() throws InterruptedException {
    await(() -> api.runningAnswers() == 0);
  }

  void passTimeUntil(java.util.function.BooleanSupplier holds, Duration step)
      throws InterruptedException {
    await(() -> {
      scheduler.advance(step);
      return holds.getAsBoolean();
    });
  }

  /** Asks until there is room again. */
  void awaitPlace(String target, String body) throws InterruptedException {
    await(() -> {
      try {
        return post(target, body) instanceof Response.Subscribe;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    });
  }

  /** Lets time pass, a little at a time, until the answer has ended. */
  void awaitEnd(String id, Duration step) throws InterruptedException {
    await(() -> {
      scheduler.advance(step);
      return journal.state(id).map(s -> s.closed()).orElse(false);
    });
  }

  /** Waits for appends until something holds. */
  private void await(java.util.function.BooleanSupplier holds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it never came; topics: " + journal.states());
      }
      var tick = new CountDownLatch(1);
      boolean early = tick.await(1, TimeUnit.MILLISECONDS);
      assert !early;
    }
  }

  static int status(Response response) {
    return ((Response.Reply) response).status();
  }

  static String text(Response response) {
    return response instanceof Response.Reply reply
        ? new String(reply.body(), StandardCharsets.UTF_8)
        : response.toString();
  }

  static ObjectNode json(Response response) {
    return (ObjectNode) Json.parse(text(response));
  }

  static ObjectNode json(Event event) {
    return (ObjectNode) Json.parse(event.data());
  }

  @Override
  public void close() {
    api.close();
    journal.close();
    loops.close();
  }
}
