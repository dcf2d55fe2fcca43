// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.Delays;
import dev.teleprinter.journal.DiskJournal;
import dev.teleprinter.journal.DiskState;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.server.DeliveryFigures;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Readers;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The server's state at a moment, as the console shows it. Rates and delays are of the time since a
 * snapshot about {@link #WINDOW} before. Thread-safe.
 */
final class Snapshots {
  static final int TOPICS_MAX = 100;
  static final int READERS_MAX = 100;
  static final Duration WINDOW = Duration.ofSeconds(10);

  private final Journal journal;
  private final Readers readers;
  private final Clock clock;
  private final long startedMillis;

  // Guarded by this. The oldest first.
  private final Deque<Counted> past = new ArrayDeque<>();

  /** Of a server that starts now. */
  Snapshots(Journal journal, Readers readers, Clock clock) {
    this.journal = journal;
    this.readers = readers;
    this.clock = clock;
    this.startedMillis = clock.millis();
  }

  /** What only grows, at one moment. */
  private record Counted(
      long millis, long sequence, DeliveryFigures delivery, @Nullable DiskState disk) {
    double perSecond(Counted before, ToLongFunction<Counted> count) {
      double seconds = (millis - before.millis) / 1000.0;
      return seconds <= 0 ? 0 : (count.applyAsLong(this) - count.applyAsLong(before)) / seconds;
    }
  }

  /** Takes one. Waits for the event loops. */
  synchronized Map<String, Object> take() {
    var states = journal.states();
    var disk = journal instanceof DiskJournal onDisk ? onDisk.disk() : null;
    var now = new Counted(clock.millis(), journal.latest(), readers.figures(), disk);
    var before = before(now);
    var snapshot = new LinkedHashMap<String, Object>();
    snapshot.put("at", now.millis);
    snapshot.put("upMs", now.millis - startedMillis);
    snapshot.put("epoch", journal.epoch());
    snapshot.put("latest", now.sequence);
    addJournal(snapshot, states);
    addDelivery(snapshot, now, before);
    addDisk(snapshot, now, before);
    addMachine(snapshot);
    snapshot.put(
        "topicList",
        states.stream()
            .sorted(Comparator.comparingLong(TopicState::latest).reversed())
            .limit(TOPICS_MAX)
            .map(this::topic)
            .toList());
    var latestOf = new HashMap<String, TopicState>();
    states.forEach(state -> latestOf.put(state.name(), state));
    snapshot.put(
        "readerList",
        readers.list(READERS_MAX).stream().map(reader -> reader(reader, latestOf)).toList());
    return snapshot;
  }

  /** The counts of a moment long enough ago, if somebody looked then; else of now. */
  private Counted before(Counted now) {
    long since = now.millis - WINDOW.toMillis();
    past.add(now);
    // A console that was left and is opened again: what happened meanwhile is no rate of now.
    past.removeIf(counted -> counted.millis < since - 2 * Console.PERIOD.toMillis());
    while (past.size() > 1 && second().millis <= since) {
      past.removeFirst();
    }
    return past.getFirst();
  }

  private Counted second() {
    var counts = past.iterator();
    counts.next();
    return counts.next();
  }

  private static void addJournal(Map<String, Object> snapshot, List<TopicState> states) {
    snapshot.put("open", states.stream().filter(state -> !state.closed()).count());
    snapshot.put("closed", states.stream().filter(TopicState::closed).count());
    snapshot.put("keptBytes", states.stream().mapToLong(TopicState::bytes).sum());
    snapshot.put("keptEvents", states.stream().mapToLong(TopicState::events).sum());
  }

  private void addDelivery(Map<String, Object> snapshot, Counted now, Counted before) {
    var figures = now.delivery;
    snapshot.put("eventsPerSecond", now.perSecond(before, Counted::sequence));
    snapshot.put("sentPerSecond", now.perSecond(before, counted -> counted.delivery.deliveries()));
    snapshot.put("sentBytesPerSecond", now.perSecond(before, counted -> counted.delivery.bytes()));
    snapshot.put("delay", delays(figures.passes().since(before.delivery.passes())));
    snapshot.put("readers", readers.count());
    snapshot.put("shed", readers.shedCount());
    snapshot.put("resumed", figures.resumed());
    snapshot.put("ended", figures.ended());
  }

  private static void addDisk(Map<String, Object> snapshot, Counted now, Counted before) {
    if (now.disk == null || before.disk == null) {
      return; // in memory
    }
    snapshot.put("diskBytes", now.disk.bytes());
    snapshot.put("diskFiles", now.disk.files());
    snapshot.put("writeFailures", now.disk.writeFailures());
    snapshot.put("force", delays(now.disk.forces().since(before.disk.forces())));
  }

  private static void addMachine(Map<String, Object> snapshot) {
    var runtime = Runtime.getRuntime();
    snapshot.put("heapBytes", runtime.totalMemory() - runtime.freeMemory());
    snapshot.put("heapBytesMax", runtime.maxMemory());
    var collectors = ManagementFactory.getGarbageCollectorMXBeans();
    snapshot.put(
        "pausedMs", collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum());
  }

  private static Map<String, Object> delays(Delays.Counts counts) {
    return Map.of(
        "count", counts.total(),
        "p50Ms", counts.quantile(0.5).toNanos() / 1e6,
        "p99Ms", counts.quantile(0.99).toNanos() / 1e6);
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
    reader.put("client", from.client());
    reader.put("topics", from.topics());
    reader.put("cursor", from.cursor());
    reader.put("behind", Math.max(0, latest - from.cursor()));
    reader.put("heldBytes", from.heldBytes());
    reader.put("openMs", from.open().toMillis());
    return reader;
  }
}
