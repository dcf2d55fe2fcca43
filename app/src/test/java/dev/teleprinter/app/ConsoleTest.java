// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.Reader;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConsoleTest {
  private static final JsonMapper JSON = new JsonMapper();

  private final MemoryJournal journal =
      new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(8 << 20));
  private final ManualMetronome metronome = new ManualMetronome();
  private final ManualReaders readers = new ManualReaders();
  private final SteppingClock clock = new SteppingClock();

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void tellsTopicsAndReadersWhileSomebodyLooks() {
    new Console(journal, readers, clock, metronome, "").watch();
    journal.append(Append.to("orders/7", Event.of("paid")));
    journal.append(Append.to("done", Event.of("x")).andClose());
    readers.all.add(
        new Reader(
            3, List.of("orders/7", "none"), 0, 9, Duration.ofMillis(1500), "[::1]:7", "HTTP/2"));
    assertThat(metronome.beat).as("nobody looks").isNull();
    readers.say(1);
    metronome.beat();

    var told = latest();
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
  }

  @Test
  void countsTheEventsOfOthersOnly() {
    new Console(journal, readers, clock, metronome, "").watch();
    readers.say(1);
    metronome.beat();
    for (int i = 0; i < 6; i++) {
      journal.append(Append.to("orders/7", Event.of("paid")));
    }
    clock.now = clock.now.plusSeconds(2);
    metronome.beat();
    assertThat(latest().path("eventsPerSecond").asDouble()).isEqualTo(3.0);
    clock.now = clock.now.plusSeconds(1);
    metronome.beat();
    assertThat(latest().path("eventsPerSecond").asDouble()).isZero();
  }

  @Test
  void showsNoSecretOfTheSettings() {
    var environment = Map.of("OPENAI_API_KEY", "for-this-test-only");
    var settings = Settings.read(ServeOptions.none(), environment);
    assertThat(SettingsText.of(settings))
        .doesNotContain("for-this-test-only")
        .contains("    key: set, not shown\n", "    heartbeat: 15s\n", "  host: 127.0.0.1\n")
        .contains("      keep_alive: 1m 15s\n".substring(2))
        .contains("    base_url: https://api.openai.com/v1\n");
  }

  private JsonNode latest() {
    journal.close("sync"); // comes after all that was submitted
    var all = journal.list(Console.TOPIC, 0, 100);
    return JSON.readTree(all.getLast().event().data());
  }

  /** Stands until it is set. */
  private static final class SteppingClock extends Clock {
    Instant now = Instant.parse("2026-11-22T01:02:03Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
