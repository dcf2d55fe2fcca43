// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the page {@code /doctor} measures the way to the server with: streams whose pace is known,
 * and answers that say what was asked. Open to whoever reaches the server, as it must work behind a
 * proxy; it tells nothing but what the asker sent. Thread-safe.
 */
final class DoctorFeeds {
  /** How its topics begin. */
  static final String TOPICS = "/doctor/";

  static final Retention RETENTION = Retention.defaults().withEventsMax(100);
  static final Duration PERIOD = Duration.ofMillis(100);

  private static final String TICKS = TOPICS + "ticks";
  private static final String SILENCE = TOPICS + "silence";
  private static final int IDLE_TICKS_MAX = 20;
  private static final List<String> ECHOED =
      List.of(
          "Last-Event-ID",
          "Idempotency-Key",
          "Teleprinter-On-Disconnect",
          "Accept",
          "Host",
          "Forwarded",
          "X-Forwarded-For",
          "Via");

  private final Journal journal;
  private final Clock clock;
  private final Duration heartbeat;
  private final Pulse pulse;

  DoctorFeeds(Journal journal, Clock clock, Pulse.Metronome metronome, Duration heartbeat) {
    this.journal = journal;
    this.clock = clock;
    this.heartbeat = heartbeat;
    this.pulse = new Pulse(metronome, PERIOD, IDLE_TICKS_MAX, this::tick);
  }

  void addRoutes(Routes routes, MercureHub hub) {
    routes
        .addOnLoop("GET", TICKS, request -> hub.subscribe(request, Topics.of(TICKS)))
        .addOnLoop("GET", SILENCE, request -> hub.subscribe(request, Topics.of(SILENCE)))
        .add("GET", TOPICS + "echo", request -> Response.json(200, json(echo(request))))
        .add("GET", TOPICS + "again", DoctorFeeds::again)
        .add("GET", TOPICS + "gone", _ -> Response.noContent())
        .add("GET", TOPICS + "busy", DoctorFeeds::busy);
  }

  /** Begins to watch for readers. */
  void watch(Readers all) {
    all.watch(TICKS, pulse::onReaders);
  }

  /** A full queue skips a tick: a lock must not wait. */
  private void tick() {
    var event = Event.of(json(Map.of("at", clock.millis())));
    journal.trySubmit(new Append(List.of(TICKS), event, false, IdForm.FRAGMENT));
  }

  private Map<String, Object> echo(Request request) {
    var headers = new LinkedHashMap<String, @Nullable String>();
    ECHOED.forEach(name -> headers.put(name, request.header(name)));
    var echo = new LinkedHashMap<String, Object>();
    echo.put("heartbeatMs", heartbeat.toMillis());
    echo.put("headers", headers);
    echo.put("authorized", request.header("Authorization") != null);
    echo.put("query", request.query().size());
    return echo;
  }

  /** A stream that ends after its first event; to who comes back it says with which cursor. */
  private static Response again(Request request) {
    var id = request.header("Last-Event-ID");
    var came = new LinkedHashMap<String, @Nullable String>();
    came.put("header", id);
    came.put("query", request.query("last_event_id"));
    var block = "id: doctor-%d\nretry: 100\ndata: %s\n\n".formatted(id == null ? 1 : 2, json(came));
    return Response.bytes(200, "text/event-stream", block.getBytes(UTF_8))
        .with("Cache-Control", "no-cache, no-transform");
  }

  private static Response busy(Request request) {
    throw new ProblemException(503, "doctor", "an error as asked for").with("Retry-After", "7");
  }

  private static String json(Map<String, ?> object) {
    return JsonMapper.shared().writeValueAsString(object);
  }
}
