// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.Delays;
import dev.teleprinter.journal.DiskJournal;
import dev.teleprinter.journal.DiskState;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalTotals;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.server.DeliveryFigures;
import dev.teleprinter.server.Reader;
import dev.teleprinter.server.Readers;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
  static final int NAME_CHARS_MAX = 2048; // of the topics of one reader
  static final Duration WINDOW = Duration.ofSeconds(10);

  private final Journal journal;
  private final Readers readers;
  private final MemoryBudget memory;
  private final NewestTopics newest;
  private final Clock clock;
  private final long startedMillis;

  // Guarded by this. The oldest first.
  private final Deque<Counted> past = new ArrayDeque<>();

  /** Of a server that starts now. */
  Snapshots(Journal journal, Readers readers, MemoryBudget memory, Clock clock) {
    this.journal = journal;
    this.readers = readers;
    this.memory = memory;
    this.newest = new NewestTopics(journal, clock);
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

  /** Takes one. Waits for the event loops. Costs the same however many topics there are. */
  synchronized Map<String, Object> take() {
    var disk = journal instanceof DiskJournal onDisk ? onDisk.disk() : null;
    var now = new Counted(clock.millis(), journal.latest(), readers.figures(), disk);
    var before = before(now);
    var snapshot = new LinkedHashMap<String, Object>();
    snapshot.put("at", now.millis);
    snapshot.put("upMs", now.millis - startedMillis);
    snapshot.put("epoch", journal.epoch());
    snapshot.put("latest", now.sequence);
    addJournal(snapshot, journal.totals());
    addDelivery(snapshot, now, before);
    addDisk(snapshot, now, before);
    addMachine(snapshot);
    snapshot.put("memory", memory());
    snapshot.put("topicList", newest.look(TOPICS_MAX).stream().map(this::topic).toList());
    snapshot.put("readerList", readerList());
    return snapshot;
  }

  private List<Map<String, Object>> readerList() {
    var shown = readers.list(READERS_MAX).stream().limit(READERS_MAX).toList();
    var topics = shown.stream().flatMap(reader -> reader.topics().stream()).distinct().toList();
    var latestOf = new HashMap<String, Long>();
    journal.states(topics).forEach(state -> latestOf.put(state.name(), state.latest()));
    return shown.stream().map(reader -> reader(reader, latestOf)).toList();
  }

  private Map<String, Object> memory() {
    var account = new LinkedHashMap<String, Object>();
    account.put("max", memory.bytesMax());
    account.put("reserved", memory.reserved());
    account.put("declined", memory.declined());
    for (var holder : MemoryBudget.Holder.values()) {
      account.put(holder.name().toLowerCase(Locale.ROOT), memory.reserved(holder));
    }
    return account;
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

  private static void addJournal(Map<String, Object> snapshot, JournalTotals totals) {
    snapshot.put("open", totals.topics() - totals.closed());
    snapshot.put("closed", totals.closed());
    snapshot.put("keptBytes", totals.bytes());
    snapshot.put("keptEvents", totals.events());
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

  /** The first of the names, with not much more than {@link #NAME_CHARS_MAX} in all. */
  private static List<String> shortened(List<String> names) {
    int count = 0;
    for (int chars = 0; count < names.size() && chars < NAME_CHARS_MAX; count++) {
      chars += names.get(count).length();
    }
    return names.subList(0, count);
  }

  /** A number of the hub's sequence that lies before its topics' latest is what a reader lacks. */
  private static Map<String, Object> reader(Reader from, Map<String, Long> latestOf) {
    long latest =
        from.topics().stream().mapToLong(topic -> latestOf.getOrDefault(topic, 0L)).max().orElse(0);
    var topics = shortened(from.topics());
    var reader = new LinkedHashMap<String, Object>();
    reader.put("number", from.number());
    reader.put("remote", from.remote());
    reader.put("protocol", from.protocol());
    reader.put("client", from.client());
    reader.put("topics", topics);
    reader.put("moreTopics", from.topics().size() - topics.size());
    reader.put("cursor", from.cursor());
    reader.put("behind", Math.max(0, latest - from.cursor()));
    reader.put("heldBytes", from.heldBytes());
    reader.put("openMs", from.open().toMillis());
    return reader;
  }
}
