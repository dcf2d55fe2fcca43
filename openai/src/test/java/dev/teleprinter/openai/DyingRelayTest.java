// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay that dies takes nobody with it: its answer ends as failed, and the death is noticed. */
@Timeout(30)
class DyingRelayTest {
  private static final String CHUNK =
      "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
          + "\"finish_reason\":null}]}";

  /** Gives some chunks, then throws. */
  private record Broken(int chunks, Throwable cause) implements Upstream {
    @Override
    public Opened open(Call call, CancelSignal signal) {
      return new Streaming(
          new Events() {
            private int given;

            @Override
            public Event next() {
              if (given++ < chunks) {
                return Event.of(CHUNK);
              }
              throw thrown();
            }

            @Override
            public void pour(Predicate<Event> taker) {}

            @Override
            public void close() {}
          });
    }

    private RuntimeException thrown() {
      if (cause instanceof Error e) {
        throw e;
      }
      return (RuntimeException) cause;
    }

    @Override
    public String name() {
      return "broken";
    }

    @Override
    public List<String> models() {
      return List.of("m");
    }

    @Override
    public boolean isChatOnly() {
      return true;
    }

    @Override
    public boolean asksUsage() {
      return false;
    }

    @Override
    public List<tools.jackson.databind.node.ObjectNode> listModels(AnswerMemory memory) {
      return List.of();
    }

    @Override
    public KeyMask mask() {
      return KeyMask.of(null);
    }

    @Override
    public void close() {}
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void itsAnswerEndsAsFailed(int chunks) throws Exception {
    for (var cause : List.of(new IllegalStateException("bug"), new OutOfMemoryError("none"))) {
      for (var request : List.of(chat(), response())) {
        var journal = new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(16L << 20));
        var budget = new MemoryBudget(16L << 20);
        var registry =
            new AnswerRegistry(
                journal,
                new FakeReaders(),
                ManualScheduler.withoutPauses(),
                Clock.systemUTC(),
                new Random(1),
                10,
                budget);
        var answer = registry.open(request, new DisconnectPolicy.Continue());
        var noticed = new CompletableFuture<Throwable>();
        var relay = new Relay(answer, new Upstreams(List.of(new Broken(chunks, cause))), journal);
        Thread.ofVirtual()
            .uncaughtExceptionHandler((_, e) -> noticed.complete(e))
            .start(relay)
            .join(Duration.ofSeconds(10));
        assertThat(answer.ended()).isDone();
        assertThat(noticed.getNow(null)).isEqualTo(cause instanceof Error ? cause : null);
        assertEnded(answer, journal, chunks);
        assertThat(budget.reserved()).isZero();
        assertThat(registry.size()).isZero();
        journal.close();
      }
    }
  }

  private static void assertEnded(Answer answer, MemoryJournal journal, int chunks) {
    if (chunks == 0) {
      assertThat(answer.start().join()).isInstanceOf(Answer.Start.Refused.class);
      return;
    }
    var id = String.valueOf(answer.id());
    assertThat(journal.state(id).orElseThrow().closed()).isTrue();
    assertThat(journal.list(id, 0, 100).toString()).contains("internal_error").contains("Hi");
  }

  private static ChatRequest chat() {
    var body = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\"}]}";
    return ChatRequest.of(new AskedBody(Json.tryObject(body), 1000, 100));
  }

  private static ResponsesRequest response() {
    var body = "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\"}";
    var journal = new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(16L << 20));
    return ResponsesRequest.of(
        new AskedBody(Json.tryObject(body), 1000, 100),
        new EarlierAnswers(1 << 20, new MemoryBudget(1 << 20), journal));
  }

  @Test
  void hostileNumbersAndDepthsKillNoRelay() throws Exception {
    var caught = new AtomicReference<Throwable>();
    var before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((_, e) -> caught.set(e));
    try {
      for (var odd :
          List.of(
              "{\"choices\":[{\"index\":1e999999999,\"delta\":{}}]}",
              "{\"choices\":[{\"index\":-99999999999999999999,\"delta\":{\"tool_calls\":[{}]}}]}",
              "{\"created\":1e400,\"choices\":[{\"delta\":{}}]}",
              "{\"choices\":" + "[".repeat(100_000) + "}",
              "{\"usage\":{\"prompt_tokens\":1e99999999},\"choices\":[]}",
              "{\"choices\":{\"index\":[]},\"usage\":7}")) {
        for (var path : List.of("/v1/chat/completions", "/v1/responses")) {
          var script = script().stream().data(CHUNK).data(odd).data(CHUNK).end();
          try (var upstream = new ScriptedUpstream().on("/v1/chat/completions", script);
              var api =
                  TestApi.over(
                      TestApi.config(upstream).withDialects(UpstreamConfig.Dialects.CHAT))) {
            var ask =
                "{\"model\":\"m\",\"stream\":true,\"input\":\"hi\","
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
            var id = api.begin(path, path.endsWith("responses") ? response(ask) : ask);
            assertThat(api.events(id).toString()).contains("error");
            assertThat(TestApi.status(api.get(path + "/" + id))).isEqualTo(200);
          }
        }
      }
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(caught.get()).isNull();
  }

  private static String response(String ask) {
    return ask.replaceAll(",\"messages\".*", "}");
  }
}
