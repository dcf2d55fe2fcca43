// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * The plainest use: an endless stream with an event every two seconds, which has each field that an
 * event stream knows. It ticks while somebody reads it, and half a minute longer. Thread-safe.
 */
final class ClockFeed {
  static final String TOPIC = "/examples/clock";
  static final Retention RETENTION = Retention.defaults().withEventsMax(1000);
  static final Duration PERIOD = Duration.ofSeconds(2);
  static final int IDLE_TICKS_MAX = 15;

  private static final long RETRY_MILLIS = 2000;
  private static final int GREETING_EACH = 5;

  private final Journal journal;
  private final Clock clock;
  private final Pulse pulse;
  private long lastId; // Guarded by the pulse's lock.

  ClockFeed(Journal journal, Clock clock, Pulse.Metronome metronome) {
    this.journal = journal;
    this.clock = clock;
    this.pulse = new Pulse(metronome, PERIOD, IDLE_TICKS_MAX, this::tick);
    this.lastId = journal.state(TOPIC).map(state -> lastId(journal, state)).orElse(0L);
  }

  /** The journal may have been here before, and an id that it knows is not appended again. */
  private static long lastId(Journal journal, TopicState state) {
    var last = journal.list(TOPIC, state.latest() - 1, 1);
    var id = last.isEmpty() ? null : last.get(0).event().id();
    return id != null && id.matches("[0-9]{1,18}") ? Long.parseLong(id) : state.appended();
  }

  /** Adds {@code GET /examples/clock/feed}: the topic, subscribed to as the hub does it. */
  void addRoutes(Routes routes, MercureHub hub) {
    routes.addOnLoop("GET", TOPIC + "/feed", request -> hub.subscribe(request, Topics.of(TOPIC)));
  }

  /** Begins to watch for readers. */
  void watch(Readers all) {
    all.watch(TOPIC, pulse::onReaders);
  }

  private void tick() {
    var now = clock.instant().atZone(Beijing.ZONE);
    publish(
        Event.MESSAGE, now, greeting(now.getHour()) + ", Beijing time " + Beijing.TIME.format(now));
    if (lastId % (GREETING_EACH + 1) == GREETING_EACH) {
      publish("greeting", now, greeting(now.getHour()) + " from the clock");
    }
  }

  /** A full queue skips a tick: the next one tells the time as well, and a lock must not wait. */
  private void publish(String type, ZonedDateTime now, String message) {
    var data = "{\"id\": %d,\n \"message\": \"%s\"}".formatted(now.toEpochSecond(), message);
    var event = new Event(Long.toString(lastId + 1), type, data, RETRY_MILLIS);
    if (journal.trySubmit(new Append(List.of(TOPIC), event, false, IdForm.FRAGMENT)).isPresent()) {
      lastId++;
    }
  }

  private static String greeting(int hour) {
    if (hour >= 5 && hour < 12) {
      return "Good morning";
    }
    return hour >= 12 && hour < 18 ? "Good afternoon" : "Good evening";
  }

  /** What it tells the time with; a class of its own, as it takes a while to load. Stateless. */
  private static final class Beijing {
    static final ZoneId ZONE = ZoneId.of("Asia/Shanghai");
    static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
  }
}
