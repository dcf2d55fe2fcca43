// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/**
 * Readers of a background answer whose connections break at random bytes, in the middle of a head,
 * a chunk's size, a character, while the answer is being written and after. Half of the answers
 * come at a model's pace, half in one burst.
 */
@Timeout(120)
class DroppingReadersIT {
  private static final int RUNS = 200;
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern NUMBER = Pattern.compile("\"sequence_number\":([0-9]+)");
  private static final List<String> QUESTIONS =
      List.of("hi", "如何恢复?", "how do I use it from PHP?", "show me emoji 👩‍👩‍👧");

  private static ScriptedUpstream upstream;
  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() throws IOException {
    upstream = new ScriptedUpstream();
    upstream.on("/v1/chat/completions", burst());
    teleprinter =
        RunningTeleprinter.start(
            """
            limits: {connections_per_address: 5000}
            upstreams: {burst: {base_url: "%s", models: [burst], speaks: chat, answers: 500}}
            """
                .formatted(upstream.baseUrl()));
  }

  private static ScriptedUpstream.Script burst() {
    var script = script().stream();
    for (int i = 0; i < 150; i++) {
      script.data(
          """
          {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"burst","choices":\
          [{"index":0,"delta":{"content":" %d 字é😀\\n"},"finish_reason":null}]}\
          """
              .formatted(i));
    }
    return script
        .data(
            """
            {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"burst","choices":\
            [{"index":0,"delta":{},"finish_reason":"stop"}]}\
            """)
        .done()
        .end();
  }

  @AfterAll
  static void stop() throws IOException {
    teleprinter.close();
    upstream.close();
  }

  @Test
  void everyTranscriptIsThatOfAnUndisturbedReader() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var runs = new ArrayList<Future<Integer>>();
      for (int i = 0; i < RUNS; i++) {
        long runSeed = seed + i;
        runs.add(threads.submit(() -> run(runSeed, threads)));
      }
      int connections = 0;
      for (int i = 0; i < RUNS; i++) {
        try {
          connections += runs.get(i).get();
        } catch (ExecutionException e) {
          throw new AssertionError("run with -Dseed=" + (seed + i), e.getCause());
        }
      }
      assertThat(connections).as("connections, seed %d", seed).isGreaterThan(5 * RUNS);
    }
  }

  /** {@return how many connections its readers needed} */
  private static int run(long seed, ExecutorService threads) throws Exception {
    var random = new SplittableRandom(seed);
    var id = ask(random, seed % 2 == 0 ? "demo" : "burst");
    var whole = threads.submit(() -> new Reader(id, false, null).read());
    var readers = new ArrayList<Reader>();
    var reads = new ArrayList<Future<String>>();
    for (int i = 0; i < 3; i++) {
      var reader = new Reader(id, i == 2, random.split());
      readers.add(reader);
      reads.add(threads.submit((Callable<String>) reader::read));
    }
    var transcript = whole.get();
    assertThat(transcript).endsWith("\ndata: [DONE]\n\n");
    assertThat(told(transcript)).isEqualTo(kept(id)).isNotEmpty();
    assertThat(reads.get(0).get()).isEqualTo(transcript);
    assertThat(reads.get(1).get()).isEqualTo(transcript);
    assertThat(reads.get(2).get()).isEqualTo(transcript.replaceAll("(?m)^id: .*\n", ""));
    return readers.stream().mapToInt(reader -> reader.connections).sum();
  }

  private static String ask(SplittableRandom random, String model) throws IOException {
    var question = QUESTIONS.get(random.nextInt(QUESTIONS.size()));
    var body =
        JSON.createObjectNode()
            .put("model", model)
            .put("background", true)
            .put("input", question)
            .put("max_output_tokens", 60 + random.nextInt(40));
    try (var wire = EventWire.post(teleprinter.port(), "/v1/responses", body.toString())) {
      var reply = wire.rest();
      assertThat(wire.status()).as(reply).isEqualTo(200);
      return JSON.readTree(reply).path("id").asString();
    }
  }

  /** The text as the transcript's deltas have it. */
  private static String told(String transcript) {
    var text = new StringBuilder();
    for (var block : transcript.split("(?<=\n\n)")) {
      if ("response.output_text.delta".equals(EventWire.field(block, "event"))) {
        text.append(JSON.readTree(EventWire.data(block)).path("delta").asString());
      }
    }
    return text.toString();
  }

  /** The text as the server's Response has it. */
  private static String kept(String id) throws IOException {
    try (var wire =
        new EventWire(teleprinter.port(), "GET /v1/responses/" + id, "Accept: */*\r\n", "")) {
      var response = JSON.readTree(wire.rest());
      return response.at("/output/0/content/0/text").asString();
    }
  }

  /** One reader and its place. Confined to one thread. */
  private static final class Reader {
    private final String id;
    private final boolean counts; // by sequence number, as SDKs do; else by event id
    private final SplittableRandom random; // null: its connections never break
    private final StringBuilder transcript = new StringBuilder();
    private String lastEventId = "";
    private String number = "";
    private boolean over;
    private int connections;

    Reader(String id, boolean counts, SplittableRandom random) {
      this.id = id;
      this.counts = counts;
      this.random = random;
    }

    String read() throws IOException {
      while (!over) {
        connections++;
        boolean whole = random == null;
        try (var wire = open(whole ? Long.MAX_VALUE : bytes())) {
          follow(wire);
        } catch (java.io.EOFException e) {
          assertThat(whole).as("an undisturbed reader was cut").isFalse();
          over = counts && isDone();
        }
      }
      return transcript.toString();
    }

    /** Most connections last for some events, some not even for their head. */
    private long bytes() {
      return random.nextInt(4) == 0 ? random.nextInt(1, 400) : random.nextInt(400, 8_000);
    }

    private EventWire open(long rawBytesMax) throws IOException {
      var path = "GET /v1/responses/" + id + "?stream=true";
      if (counts) {
        var cursor = number.isEmpty() ? "" : "&starting_after=" + number;
        return new EventWire(teleprinter.port(), path + cursor, "", "", rawBytesMax);
      }
      // An EventSource repeats its first URL: what its header says must win.
      var place = lastEventId.isEmpty() ? "" : "Last-Event-ID: " + lastEventId + "\r\n";
      var headers = "Accept: text/event-stream\r\n" + place;
      return new EventWire(
          teleprinter.port(), path + "&starting_after=-1", headers, "", rawBytesMax);
    }

    private void follow(EventWire wire) throws IOException {
      if (wire.status() == 204) {
        assertThat(isDone()).as("sent away before the end").isTrue();
        over = true;
        return;
      }
      assertThat(wire.status()).isEqualTo(200);
      for (var block = wire.block(); block != null; block = wire.block()) {
        transcript.append(block);
        var eventId = EventWire.field(block, "id");
        lastEventId = eventId == null ? lastEventId : eventId;
        var found = NUMBER.matcher(block);
        number = found.find() ? found.group(1) : number;
      }
      assertThat(isDone()).as("ended before the end").isTrue();
      over = true;
    }

    private boolean isDone() {
      return transcript.toString().endsWith("data: [DONE]\n\n");
    }
  }
}
