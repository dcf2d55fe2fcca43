// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConsoleTest {
  private static final JsonMapper JSON = new JsonMapper();

  private final MemoryJournal journal =
      new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(256 << 20));
  private final ManualMetronome metronome = new ManualMetronome();
  private final ManualReaders readers = new ManualReaders();
  private final SteppingClock clock = new SteppingClock();
  private final MemoryBudget memory = new MemoryBudget(1000);
  private final Snapshots snapshots = new Snapshots(journal, readers, memory, clock);
  private final Console console = new Console(journal, readers, snapshots, metronome, () -> "");

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void tellsTopicsAndReadersWhileSomebodyLooksAndKeepsNothingOfIt() {
    console.watch();
    journal.append(Append.to("orders/7", Event.of("paid")));
    journal.append(Append.to("done", Event.of("x")).andClose());
    readers.all.add(
        new Reader(
            3,
            List.of("orders/7", "none"),
            0,
            9,
            Duration.ofMillis(1500),
            "[::1]:7",
            "HTTP/2",
            "curl/8"));
    assertThat(metronome.beat).as("nobody looks").isNull();
    readers.say(1);
    metronome.beat();

    var told = newest();
    assertThat(told.path("open").asInt()).isEqualTo(1);
    assertThat(told.path("closed").asInt()).isEqualTo(1);
    assertThat(told.path("readers").asInt()).isEqualTo(1);
    assertThat(told.path("topicList").get(0).path("name").asString()).isEqualTo("done");
    var topic = told.path("topicList").get(1);
    assertThat(topic.path("events").asInt()).isEqualTo(1);
    assertThat(topic.path("readers").asInt()).isEqualTo(1);
    var reader = told.path("readerList").get(0);
    assertThat(reader.path("behind").asInt()).isEqualTo(1);
    assertThat(reader.path("heldBytes").asInt()).isEqualTo(9);
    assertThat(reader.path("openMs").asInt()).isEqualTo(1500);
    assertThat(reader.path("client").asString()).isEqualTo("curl/8");
    assertThat(journal.latest()).as("only what was published").isEqualTo(2);
  }

  @Test
  void tellsRatesOfTheLastTenSecondsWhileSomebodyLooked() {
    console.watch();
    readers.say(1);
    beatAfter(1); // nothing to compare with
    assertThat(newest().path("eventsPerSecond").asDouble()).isZero();
    publish(6);
    beatAfter(2);
    assertThat(newest().path("eventsPerSecond").asDouble()).isEqualTo(3.0);
    for (int second = 1; second <= 12; second++) {
      publish(5);
      beatAfter(1);
    }
    assertThat(newest().path("eventsPerSecond").asDouble()).isEqualTo(5.0);
    publish(1000);
    beatAfter(3600); // nobody looked meanwhile
    assertThat(newest().path("eventsPerSecond").asDouble()).isZero();
  }

  @Test
  void aFileHasEveryEventOfATopicAndTellsWhereToGoOn() {
    for (int i = 0; i < 250; i++) {
      journal.append(Append.to("long", Event.of("t", "line 1\n第" + i)));
    }
    var lines = file("/console/events?topic=long").lines().toList();
    assertThat(lines).hasSize(250);
    var last = JSON.readTree(lines.getLast());
    assertThat(last.path("data").asString()).isEqualTo("line 1\n第249");
    assertThat(last.path("type").asString()).isEqualTo("t");
    var from = JSON.readTree(lines.get(199)).path("id").asString();
    assertThat(file("/console/events?topic=long&after=" + from).lines()).hasSize(50);
    assertThat(file("/console/events?topic=none")).isEmpty();
  }

  @Test
  void aLargeFileComesInPagesThatLeadFromOneToTheNext() {
    for (int i = 0; i < 500; i++) {
      journal.append(Append.to("large", Event.of(i + "x".repeat(i % 50 == 0 ? 1 << 20 : 10_000))));
    }
    int events = 0;
    int pages = 0;
    for (var after = ""; after != null; pages++) {
      var page = file("/console/events?topic=large" + after);
      assertThat(page.length()).isLessThan(EventPages.PAGE_BYTES + (1 << 20) + 1000);
      var lines = page.lines().toList();
      var last = JSON.readTree(lines.getLast()).path("more_after").asString("");
      for (var line : last.isEmpty() ? lines : lines.subList(0, lines.size() - 1)) {
        var data = JSON.readTree(line).path("data").asString();
        assertThat(data).startsWith(events + "x");
        events++;
      }
      after = last.isEmpty() ? null : "&after=" + last;
    }
    assertThat(events).isEqualTo(500);
    assertThat(pages).isGreaterThan(5);
  }

  @Test
  void tellsWhoHoldsWhatOfTheMemory() {
    memory.tryReserve(Holder.TOPICS, 100);
    memory.tryReserve(Holder.ANSWERS, 20);
    memory.tryReserve(Holder.REQUESTS, 5000);
    console.watch();
    readers.say(1);
    metronome.beat();
    assertThat(newest().path("memory").toString())
        .isEqualTo(
            "{\"max\":1000,\"reserved\":120,\"declined\":1,"
                + "\"topics\":100,\"requests\":0,\"replies\":0,\"answers\":20}");
  }

  @Test
  void namesOnlyTheFirstOfAReadersManyLongTopics() {
    var names = IntStream.range(0, 100).mapToObj(i -> i + "n".repeat(500)).toList();
    readers.all.add(new Reader(3, names, 0, 0, Duration.ZERO, "[::1]:7", "HTTP/2", ""));
    console.watch();
    readers.say(1);
    metronome.beat();
    var reader = newest().path("readerList").get(0);
    assertThat(reader.path("topics").size()).isEqualTo(5);
    assertThat(reader.path("moreTopics").asInt()).isEqualTo(95);
  }

  @Test
  void showsNoSecretOfTheSettings() {
    var environment = Map.of("OPENAI_API_KEY", "for-this-test-only");
    var settings =
        Settings.read(new ServeOptions(null, null, null, null, null, false), environment);
    assertThat(SettingsText.of(settings))
        .doesNotContain("for-this-test-only")
        .contains("    key: set, not shown\n", "    heartbeat: 15s\n", "  host: 127.0.0.1\n")
        .contains("      keep_alive: 1m 15s\n".substring(2))
        .contains("    base_url: https://api.openai.com/v1\n");
  }

  private void publish(int events) {
    for (int i = 0; i < events; i++) {
      journal.append(Append.to("orders/7", Event.of("paid")));
    }
  }

  private void beatAfter(int seconds) {
    clock.now = clock.now.plusSeconds(seconds);
    metronome.beat();
  }

  private String file(String target) {
    var routes = new Routes();
    console.addRoutes(routes);
    var request = new FakeRequest("GET", target);
    try {
      var reply = (Response.Reply) routes.match("GET", request.path()).handler().handle(request);
      return new String(reply.body(), UTF_8);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode newest() {
    var block = new String(console.newest(), UTF_8);
    assertThat(block).startsWith("data: ").endsWith("\n\n");
    return JSON.readTree(block.substring("data: ".length()));
  }
}
