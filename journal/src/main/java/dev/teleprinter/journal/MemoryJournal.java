// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.sse.Event;
import dev.teleprinter.sse.EventDecoder;
import dev.teleprinter.sse.EventEncoder;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A journal in direct memory: it lives as long as the process. Thread-safe.
 *
 * <p>Publishers encode their event and queue it; one {@link Appender} thread numbers it, writes its
 * frame into its topic logs, makes it visible and wakes the listeners, batch by batch. Readers
 * never wait for it and it never waits for them.
 */
public final class MemoryJournal implements Journal {
  private static final int LIST_BYTES = 1 << 18;

  private final JournalConfig config;
  private final Clock clock;
  private final String epoch;
  private final TopicTable logs = new TopicTable();
  private final Forgotten forgotten;
  private final TopicMemory account;
  private final List<AppendListener> listeners = new CopyOnWriteArrayList<>();
  private final Sequencer sequencer;
  private final Appender appender;

  /** A journal with a new epoch, on the system clock, and an account of memory of its own. */
  public MemoryJournal(JournalConfig config) {
    this(config, ofHeap());
  }

  /** The same with an account that others reserve from too. */
  public MemoryJournal(JournalConfig config, MemoryBudget memory) {
    this(config, Clock.systemUTC(), RandomGenerator.getDefault(), memory);
  }

  /** A journal with its own idea of time and chance. */
  public MemoryJournal(JournalConfig config, Clock clock, RandomGenerator random) {
    this(config, clock, random, ofHeap());
  }

  /** The same with an account that others reserve from too. */
  public MemoryJournal(
      JournalConfig config, Clock clock, RandomGenerator random, MemoryBudget memory) {
    this(config, clock, newEpoch(clock, random), new TopicMemory(memory));
    start();
  }

  private MemoryJournal(JournalConfig config, Clock clock, String epoch, TopicMemory account) {
    this(config, clock, epoch, new Kept(account, new Forgotten(account.forgottenBytesMax()), null));
  }

  /** What is in memory of a journal on disk; it is to be started once it has its topics. */
  MemoryJournal(JournalConfig config, Clock clock, String epoch, Kept kept) {
    this.config = config;
    this.clock = clock;
    this.epoch = epoch;
    this.account = kept.account;
    this.forgotten = kept.forgotten;
    this.sequencer = new Sequencer(config, epoch, logs, kept);
    this.appender = new Appender(account.queueBytes(config), clock, sequencer, listeners);
  }

  void start() {
    appender.start();
  }

  /**
   * The parts of a journal besides its logs.
   *
   * @param account where what topics take is reserved
   * @param forgotten what is known of topics that are gone
   * @param disk null when it is in memory only
   */
  record Kept(TopicMemory account, Forgotten forgotten, @Nullable DiskWriter disk) {}

  static MemoryBudget ofHeap() {
    return MemoryBudget.ofHeap(Runtime.getRuntime().maxMemory());
  }

  static String newEpoch(Clock clock, RandomGenerator random) {
    // Time makes epochs sort by age for a person who reads ids; chance keeps restarts apart.
    long chance = random.nextLong(36L * 36 * 36);
    return Long.toString(Math.floorDiv(clock.millis(), 1000L), 36)
        + Long.toString(36L * 36 * 36 + chance, 36).substring(1);
  }

  @Override
  public String epoch() {
    return epoch;
  }

  @Override
  public long latest() {
    return sequencer.latest();
  }

  @Override
  public CompletableFuture<Appended> submit(Append append) {
    var pending = pending(append);
    appender.put(pending);
    return pending;
  }

  @Override
  public Optional<CompletableFuture<Appended>> trySubmit(Append append) {
    var pending = pending(append);
    return appender.offer(pending) ? Optional.of(pending) : Optional.empty();
  }

  @Override
  public void submit(Append append, Outcomes outcomes) {
    var pending = pending(append);
    pending.outcomes = outcomes;
    appender.put(pending);
  }

  @Override
  public boolean trySubmit(Append append, Outcomes outcomes) {
    var pending = pending(append);
    pending.outcomes = outcomes;
    return appender.offer(pending);
  }

  @Override
  public Appended append(Append append) {
    return appender.await(pending(append));
  }

  /** The appender, for a journal that adds to what is done there. */
  Appender appender() {
    return appender;
  }

  Clock clock() {
    return clock;
  }

  Sequencer sequencer() {
    return sequencer;
  }

  /** The topic logs by name: only the appender changes which there are. */
  TopicTable logs() {
    return logs;
  }

  @Override
  public void close(String topic) {
    if (topic.isEmpty()) {
      throw new IllegalArgumentException("topic: empty (expected: a name)");
    }
    appender.await(Pending.close(topic));
  }

  @Override
  public void forget(String topic) {
    appender.await(
        Pending.task(() -> {
          var log = logs.get(topic);
          if (log != null) {
            sequencer.trimmer().forget(log);
          }
        }));
  }

  /** Encodes, on the publisher's thread: the appender copies bytes, no more. */
  Pending pending(Append append) {
    var event = append.event();
    var rest = EventEncoder.encodeWithoutId(event);
    var id = event.id();
    var idLine = id == null || id.isEmpty() ? null : EventEncoder.idLine(id);
    long bytes = rest.length + (idLine == null ? 0L : idLine.length);
    if (bytes > config.frameBytesMax()) {
      throw new IllegalArgumentException(
          "event: %d bytes encoded (expected: <= %d)".formatted(bytes, config.frameBytesMax()));
    }
    return Pending.append(append, rest, idLine);
  }

  @Override
  public Read read(Topics topics, long after, long told, int bytesMax) {
    if (topics instanceof Topics.Named(var names) && names.size() == 1) {
      var log = logs.get(names.get(0));
      if (log != null) {
        return TopicReader.one(log, after, told, this::latest, bytesMax);
      }
    }
    return select(topics, after, told).read(after, told, this::latest, bytesMax);
  }

  /** The topic logs that a read of several looks into: those with news. */
  Selection select(Topics topics, long after, long told) {
    long limit = latest(); // before any log is looked up: see TopicReader
    var found = new ArrayList<TopicLog>();
    long gone = 0;
    switch (topics) {
      case Topics.Named(var names) -> {
        boolean endless = false;
        for (int i = 0; i < names.size(); i++) {
          var log = logs.get(names.get(i));
          boolean open = log == null || !log.isClosed(); // before it is looked into: see TopicLog
          if (log != null && log.mayHaveAfter(after)) {
            found.add(log);
            continue;
          }
          endless |= open;
          if (log == null && after != 0) { // asked after the log was looked up
            gone = Math.max(gone, forgotten.through(names.get(i)));
          }
        }
        return new Selection(found, endless, gone, limit);
      }
      case Topics.Matching(var matcher) -> {
        for (var log : logs) {
          if (log.mayHaveAfter(after) && matcher.test(log.name)) {
            found.add(log);
          }
        }
        gone = after == 0 ? 0 : forgotten.through(matcher, Math.max(after, told));
        return new Selection(found, true, gone, limit);
      }
    }
  }

  /**
   * What a read of several topics looks into. Immutable.
   *
   * @param endless whether topics that are not among the logs may have news later
   * @param gone the last sequence gone with topics that are not among the logs
   * @param limit the hub's latest sequence before the logs were looked up
   */
  record Selection(List<TopicLog> logs, boolean endless, long gone, long limit) {
    /** {@return the same logs with another limit} */
    Selection at(long newLimit) {
      return new Selection(logs, endless, gone, newLimit);
    }

    Read read(long after, long told, LongSupplier latest, int bytesMax) {
      return TopicReader.several(logs, endless, gone, after, told, limit, latest, bytesMax);
    }
  }

  @Override
  public List<Recorded> list(String topic, long after, int eventsMax) {
    return list(this, topic, after, eventsMax);
  }

  /** The events of one topic in a journal, decoded. */
  static List<Recorded> list(Journal journal, String topic, long after, int eventsMax) {
    var found = new ArrayList<Recorded>();
    var topics = Topics.of(topic);
    long cursor = after;
    while (found.size() < eventsMax
        && journal.readBlocking(topics, cursor, Long.MAX_VALUE, LIST_BYTES)
            instanceof Frames frames) {
      try {
        frames.forEach((sequence, block) -> {
          if (found.size() < eventsMax) {
            found.add(new Recorded(sequence, decode(block)));
          }
        });
        cursor = frames.through();
      } finally {
        frames.release();
      }
    }
    return found;
  }

  private static Event decode(ByteBuffer block) {
    var events = new ArrayList<Event>(1);
    new EventDecoder(events::add, block.remaining()).feed(block);
    return events.get(0);
  }

  @Override
  public Optional<TopicState> state(String topic) {
    var log = logs.get(topic);
    return log == null ? Optional.empty() : Optional.of(TopicState.of(log));
  }

  @Override
  public List<TopicState> states() {
    return logs.stream().map(TopicState::of).toList();
  }

  @Override
  public List<TopicState> states(List<String> topics) {
    return topics.stream().map(logs::get).filter(Objects::nonNull).map(TopicState::of).toList();
  }

  @Override
  public List<String> newestTopics(int topicsMax) {
    return logs.newest(topicsMax);
  }

  @Override
  public JournalTotals totals() {
    return logs.totals().with(logs.size());
  }

  @Override
  public List<String> openTopics() {
    return logs.stream().filter(log -> !log.isClosed()).map(log -> log.name).toList();
  }

  @Override
  public OptionalLong locate(Topics topics, String eventId) {
    long own = EventIds.sequence(epoch, eventId);
    boolean known = own >= 0 && own <= latest();
    if (known && !sequencer.isOwnFormInUse()) {
      return OptionalLong.of(own);
    }
    // An id that a publisher made to look like ours must not lead past its own event.
    long earliest = known ? own : Long.MAX_VALUE;
    switch (topics) {
      case Topics.Named(var names) -> {
        for (var name : names) {
          var log = logs.get(name);
          if (log != null) {
            earliest = Math.min(earliest, log.sequenceOfPublisherId(eventId, Long.MAX_VALUE));
          }
        }
      }
      case Topics.Matching(var matcher) -> {
        for (var log : logs) {
          long sequence = log.sequenceOfPublisherId(eventId, Long.MAX_VALUE);
          if (sequence < earliest && matcher.test(log.name)) {
            earliest = sequence;
          }
        }
      }
    }
    return earliest == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(earliest);
  }

  @Override
  public OptionalLong sequenceAt(String topic, long ordinal) {
    var log = logs.get(topic);
    long sequence = log == null ? 0 : log.sequenceAt(ordinal);
    return sequence == 0 ? OptionalLong.empty() : OptionalLong.of(sequence);
  }

  @Override
  public void onAppend(AppendListener listener) {
    listeners.add(listener);
  }

  @Override
  public void helpAppending(AppendHelper helper) {
    appender.help(helper);
  }

  @Override
  public boolean appendQueued() {
    return appender.appendQueued();
  }

  @Override
  public CompletableFuture<Void> probe() {
    return appender.probe(sequencer::storageFailure);
  }

  /** Applies retention to every topic now, as the appender does by and by. Waits. */
  void sweep() {
    appender.await(Pending.sweep());
  }

  @Override
  public void close() {
    appender.close();
    logs.clear(); // lets go of the memory; a reader keeps what it holds
    if (!sequencer.isOnDisk()) {
      account.close(); // else files still have their part of it
    }
  }
}
