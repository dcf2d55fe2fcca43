// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** A real server with the smallest hub on it: topics by path, cursor by query. */
final class TestHub implements AutoCloseable {
  final Journal journal;
  final Server server;
  final MemoryBudget memory;
  final CountDownLatch left = new CountDownLatch(1);
  final CountDownLatch held = new CountDownLatch(1);

  final CountDownLatch asked = new CountDownLatch(1);
  final CompletableFuture<Response> later = new CompletableFuture<>();

  volatile byte[] live = {};

  TestHub() throws IOException {
    this(ServerConfig.defaults(), JournalConfig.defaults());
  }

  TestHub(ServerConfig config, JournalConfig journalConfig) throws IOException {
    this(config, journalConfig, Ticker.system());
  }

  TestHub(MemoryBudget memory) throws IOException {
    this(ServerConfig.defaults(), JournalConfig.defaults(), Ticker.system(), memory);
  }

  TestHub(ServerConfig config, JournalConfig journalConfig, Ticker ticker) throws IOException {
    this(config, journalConfig, ticker, new MemoryBudget(256 << 20));
  }

  private TestHub(
      ServerConfig config, JournalConfig journalConfig, Ticker ticker, MemoryBudget memory)
      throws IOException {
    this.memory = memory;
    journal = new MemoryJournal(journalConfig);
    server = Server.start(config.withPort(0).withLoops(2), this::routes, journal, memory, ticker);
  }

  private Routes routes(Readers readers, Loops loops) {
    return new Routes()
        .add("GET", "/t/{topics}", this::subscribe)
        .add("GET", "/live", _ -> Response.Subscribe.to(Topics.of("live"), 0).live(() -> live))
        .add("POST", "/echo", request -> Response.bytes(200, "text/plain", request.body()))
        .add(
            "POST",
            "/stream",
            request -> Response.bytes(200, "text/plain", request.bodyStream().readAllBytes()))
        .addOnLoop("POST", "/append/{topic}", this::append)
        .addOnLoop("GET", "/loop/t/{topics}", this::subscribe)
        .addOnLoop(
            "GET",
            "/loop/bug",
            _ -> {
              throw new IllegalStateException("secret");
            })
        .addOnLoop("GET", "/later/bug", _ -> failed(new IllegalStateException("secret")))
        .addOnLoop("GET", "/later/refused", _ -> failed(new ProblemException(409, "no", "no")))
        .addOnLoop("GET", "/later/wait", this::later)
        .addOnLoop("POST", "/later/wait", this::later)
        .add("POST", "/ignore", _ -> Response.text(200, "ignored"))
        .add("GET", "/hello/{name}", r -> Response.text(200, "hello " + r.pathParameter("name")))
        .add("GET", "/query", r -> Response.text(200, r.query().toString()))
        .add(
            "GET",
            "/bug",
            _ -> {
              throw new IllegalStateException("secret");
            })
        .add(
            "GET",
            "/wait",
            request -> {
              request.onDisconnect(left::countDown);
              held.await();
              return Response.text(200, "waited");
            });
  }

  /** As a hub does it: answers when the event is there, with its sequence. */
  private Response append(Request request) {
    var body = request.tryBody(1000);
    return body == null
        ? new Response.Blocking(() -> append(request, request.body()))
        : append(request, body);
  }

  private Response append(Request request, byte[] body) {
    var event = Event.of(new String(body, StandardCharsets.UTF_8));
    var pending = journal.submit(Append.to(request.pathParameter("topic"), event));
    return new Response.Later(pending.thenApply(a -> Response.text(200, "" + a.sequence())));
  }

  private static Response failed(Throwable failure) {
    return new Response.Later(CompletableFuture.failedFuture(failure));
  }

  private Response later(Request request) {
    request.onDisconnect(left::countDown);
    asked.countDown();
    return new Response.Later(later);
  }

  private Response subscribe(Request request) {
    var after = request.query("after");
    var topics = Topics.of(List.of(request.pathParameter("topics").split("\\+")));
    var subscribe =
        Response.Subscribe.to(topics, after == null ? journal.latest() : Long.parseLong(after));
    var told = request.query("told");
    if (told != null) {
      subscribe = subscribe.told(Long.parseLong(told));
    }
    return request.query("ids") == null ? subscribe : subscribe.in(Response.View.WITHOUT_IDS);
  }

  WireClient client() throws IOException {
    return new WireClient(server.port());
  }

  /** Looks at every subscriber now, as is done once a second. */
  void tick() {
    for (var loop : server.delivery().loops()) {
      CompletableFuture.runAsync(loop::tick, loop.loop()).join();
    }
  }

  void append(String topic, String data) {
    journal.append(Append.to(topic, Event.of(data)));
  }

  /** The block of an event as a subscriber reads it. */
  String block(long sequence, String data) {
    return "id: %s-%d\ndata: %s\n\n".formatted(journal.epoch(), sequence, data);
  }

  @Override
  public void close() {
    held.countDown();
    server.close();
    journal.close();
  }
}
