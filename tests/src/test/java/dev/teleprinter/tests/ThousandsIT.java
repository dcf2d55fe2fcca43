// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/** A thousand of everything at once, each with a ledger. The figures it prints are not asserted. */
@Timeout(120)
class ThousandsIT {
  private static final int MANY = 1_000;
  private static final int EVENTS = 200;
  private static final int TOKENS = 40;
  private static final JsonMapper JSON = JsonMapper.shared();

  private static RunningTeleprinter teleprinter;

  @BeforeAll
  static void start() {
    teleprinter =
        RunningTeleprinter.start(
            """
            limits: {connections_per_address: 5000}
            retention: {events: 1000}
            """);
  }

  @AfterAll
  static void stop() {
    teleprinter.close();
  }

  @Test
  void aThousandAnswersAtOnceReachAReaderEachWhole() throws Exception {
    long cpuBefore = teleprinter.cpu().toNanos();
    long tokens = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var readers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < MANY; i++) {
        int number = i;
        readers.add(threads.submit(() -> readAnswer(number)));
      }
      for (var reader : readers) {
        tokens += reader.get();
      }
    }
    assertThat(tokens).isGreaterThan(MANY * TOKENS / 2);
    print("1,000 answers at once", "token", tokens, teleprinter.cpu().toNanos() - cpuBefore);
  }

  /** {@return how many pieces of text there were; they are the whole text, each once, in order} */
  private static int readAnswer(int number) throws IOException {
    var body =
        JSON.createObjectNode()
            .put("model", "demo")
            .put("stream", true)
            .put("input", number % 3 == 0 ? "你好" : "hi")
            .put("max_output_tokens", TOKENS);
    var id = "";
    var text = new StringBuilder();
    int deltas = 0;
    try (var wire = EventWire.post(teleprinter.port(), "/v1/responses", body.toString())) {
      assertThat(wire.status()).isEqualTo(200);
      int expected = 0;
      var last = "";
      for (var block = wire.block(); block != null; block = wire.block()) {
        last = EventWire.data(block);
        if (last.equals("[DONE]")) {
          continue;
        }
        var event = JSON.readTree(last);
        assertThat(event.path("sequence_number").asInt()).isEqualTo(expected++);
        switch (event.path("type").asString()) {
          case "response.created" -> id = event.at("/response/id").asString();
          case "response.output_text.delta" -> {
            deltas++;
            text.append(event.path("delta").asString());
          }
          default -> {}
        }
      }
      assertThat(last).isEqualTo("[DONE]");
    }
    try (var wire =
        new EventWire(teleprinter.port(), "GET /v1/responses/" + id, "Accept: */*\r\n", "")) {
      assertThat(JSON.readTree(wire.rest()).at("/output/0/content/0/text").asString())
          .isNotEmpty()
          .isEqualTo(text.toString());
    }
    return deltas;
  }

  @Test
  void aThousandReadersOfOneTopicGetEachEventOnceInOrder() throws Exception {
    var subscribed = new CountDownLatch(MANY);
    long cpuBefore = teleprinter.cpu().toNanos();
    long delivered = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var readers = new ArrayList<Future<Integer>>();
      for (int i = 0; i < MANY; i++) {
        readers.add(threads.submit(() -> readTopic(subscribed)));
      }
      subscribed.await();
      cpuBefore = teleprinter.cpu().toNanos();
      for (int i = 0; i < EVENTS; i++) {
        publish("topic=thousand&data=" + URLEncoder.encode(i + " 字\n😀", UTF_8));
      }
      publish("topic=thousand&close=1&data=end");
      for (var reader : readers) {
        delivered += reader.get();
      }
    }
    assertThat(delivered).isEqualTo(MANY * (EVENTS + 1L));
    print(
        "1,000 readers of a topic", "delivery", delivered, teleprinter.cpu().toNanos() - cpuBefore);
  }

  private static int readTopic(CountDownLatch subscribed) throws IOException {
    try (var wire = EventWire.get(teleprinter.port(), "/.well-known/mercure?topic=thousand")) {
      subscribed.countDown();
      int read = 0;
      for (var block = wire.block(); block != null; block = wire.block()) {
        var data = read == EVENTS ? "data: end\n" : "data: " + read + " 字\ndata: 😀\n";
        assertThat(EventWire.text(block)).endsWith("\n" + data + "\n");
        read++;
      }
      return read;
    }
  }

  private static void publish(String form) throws IOException {
    try (var wire =
        new EventWire(
            teleprinter.port(),
            "POST /.well-known/mercure",
            "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n",
            form)) {
      assertThat(wire.status()).isEqualTo(200);
    }
  }

  private static void print(String what, String unit, long units, long cpuNs) {
    System.out.printf(
        "%s: %,d, %.1f us of processor time per %s, leak detection on%n",
        what, units, cpuNs / 1e3 / units, unit);
  }
}
