// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Append.IdForm;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.journal.Topics;
import dev.teleprinter.mercure.MercureHub;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Readers;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the page {@code /console} shows: once a second, while somebody looks, an event with the
 * server's state at that moment, in a topic like any other. Thread-safe.
 */
final class Console {
  static final String TOPIC = "/console/feed";
  static final Retention RETENTION = Retention.defaults().withEventsMax(2);
  static final Duration PERIOD = Duration.ofSeconds(1);
  static final int TOPICS_MAX = 100;
  static final int READERS_MAX = 100;

  private static final int IDLE_BEATS_MAX = 2;
  private static final JsonMapper JSON = new JsonMapper();

  private final Journal journal;
  private final Readers readers;
  private final Clock clock;
  private final String configuration;
  private final long startedMillis;
  private final Pulse pulse;

  // Guarded by the pulse's lock.
  private long lastMillis;
  private long lastSequence;
  private long ownAppends;

  /**
   * A console that shows nothing yet.
   *
   * @param configuration the settings, without secrets, as text
   */
  Console(
      Journal journal,
      Readers readers,
      Clock clock,
      Pulse.Metronome metronome,
      String configuration) {
    this.journal = journal;
    this.readers = readers;
    this.clock = clock;
    this.configuration = configuration;
    this.startedMillis = clock.millis();
    this.pulse = new Pulse(metronome, PERIOD, IDLE_BEATS_MAX, this::tell);
  }

  /** Adds its routes; whoever passes them sees and may end everything. */
  void addRoutes(Routes routes, MercureHub hub) {
    routes
        .add("GET", TOPIC, request -> hub.subscribe(request, Topics.of(TOPIC)))
        .add("GET", "/console/configuration", _ -> Response.text(200, configuration))
        .add("POST", "/console/readers/{number}/shed", this::shed);
  }

  /** Begins to watch for those who look. */
  void watch() {
    readers.watch(TOPIC, pulse::onReaders);
  }

  private Response shed(Request request) {
    var number = request.pathParameter("number");
    if (!number.matches("[0-9]{1,18}") || !readers.shed(Long.parseLong(number))) {
      throw new ProblemException(404, "no_reader", "reader: " + number + " (expected: one of now)");
    }
    return Response.noContent();
  }

  private void tell() {
    var event = Event.of(JSON.writeValueAsString(snapshot()));
    if (journal.trySubmit(new Append(List.of(TOPIC), event, false, IdForm.FRAGMENT)).isPresent()) {
      ownAppends++;
    }
  }

  private Map<String, Object> snapshot() {
    var states = journal.states();
    var latestOf = new HashMap<String, TopicState>();
    states.forEach(state -> latestOf.put(state.name(), state));
    var shown = readers.list(READERS_MAX);
    var snapshot = new LinkedHashMap<String, Object>();
    long now = clock.millis();
    snapshot.put("at", now);
    snapshot.put("upMs", now - startedMillis);
    snapshot.put("epoch", journal.epoch());
    snapshot.put("latest", journal.latest());
    snapshot.put("eventsPerSecond", eventsPerSecond(now));
    snapshot.put("open", states.stream().filter(state -> !state.closed()).count());
    snapshot.put("closed", states.stream().filter(TopicState::closed).count());
    snapshot.put("keptBytes", states.stream().mapToLong(TopicState::bytes).sum());
    snapshot.put("keptEvents", states.stream().mapToLong(TopicState::events).sum());
    snapshot.put("readers", readers.count());
    snapshot.put("shed", readers.shedCount());
    var runtime = Runtime.getRuntime();
    snapshot.put("heapBytes", runtime.totalMemory() - runtime.freeMemory());
    snapshot.put("heapBytesMax", runtime.maxMemory());
    snapshot.put(
        "topicList",
        states.stream()
            .sorted(Comparator.comparingLong(TopicState::latest).reversed())
            .limit(TOPICS_MAX)
            .map(this::topic)
            .toList());
    snapshot.put("readerList", shown.stream().map(reader -> reader(reader, latestOf)).toList());
    return snapshot;
  }

  /** Events of others: what the console itself appended since does not count. */
  private double eventsPerSecond(long now) {
    long sequence = journal.latest();
    double seconds = (now - lastMillis) / 1000.0;
    long events = Math.max(0, sequence - lastSequence - ownAppends);
    boolean fresh = lastMillis > 0 && seconds < 5;
    lastMillis = now;
    lastSequence = sequence;
    ownAppends = 0;
    return fresh && seconds > 0 ? events / seconds : 0;
  }

  private Map<String, Object> topic(TopicState state) {
    var topic = new LinkedHashMap<String, Object>();
    topic.put("name", state.name());
    topic.put("closed", state.closed());
    topic.put("earliest", state.earliest());
    topic.put("latest", state.latest());
    topic.put("events", state.events());
    topic.put("bytes", state.bytes());
    topic.put("appended", state.appended());
    topic.put("readers", readers.count(state.name()));
    return topic;
  }

  /** A number of the hub's sequence that lies before its topics' latest is what a reader lacks. */
  private static Map<String, Object> reader(Reader from, Map<String, TopicState> states) {
    long latest =
        from.topics().stream()
            .map(states::get)
            .mapToLong(state -> state == null ? 0 : state.latest())
            .max()
            .orElse(0);
    var reader = new LinkedHashMap<String, Object>();
    reader.put("number", from.number());
    reader.put("remote", from.remote());
    reader.put("protocol", from.protocol());
    reader.put("topics", from.topics());
    reader.put("cursor", from.cursor());
    reader.put("behind", Math.max(0, latest - from.cursor()));
    reader.put("heldBytes", from.heldBytes());
    reader.put("openMs", from.open().toMillis());
    return reader;
  }
}
