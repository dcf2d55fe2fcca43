// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import dev.teleprinter.sse.EventDecoder;
import dev.teleprinter.sse.EventEncoder;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

/**
 * A journal in direct memory: it lives as long as the process. Thread-safe.
 *
 * <p>Publishers encode their event and queue it; one {@link Appender} thread numbers it, writes its
 * frame into its topic logs, makes it visible and wakes the listeners, batch by batch. Readers
 * never wait for it and it never waits for them.
 */
public final class MemoryJournal implements Journal {
  private final JournalConfig config;
  private final String epoch;
  private final Map<String, TopicLog> logs = new ConcurrentHashMap<>();
  private final List<AppendListener> listeners = new CopyOnWriteArrayList<>();
  private final Appender appender;

  /** A journal with a new epoch, on the system clock. */
  public MemoryJournal(JournalConfig config) {
    this(config, Clock.systemUTC(), RandomGenerator.getDefault());
  }

  /** A journal with its own idea of time and chance. */
  public MemoryJournal(JournalConfig config, Clock clock, RandomGenerator random) {
    this.config = config;
    this.epoch = newEpoch(clock, random);
    this.appender = new Appender(config, epoch, clock, logs, listeners);
    appender.start();
  }

  private static String newEpoch(Clock clock, RandomGenerator random) {
    // Time makes epochs sort by age for a person who reads ids; chance keeps restarts apart.
    long chance = random.nextLong(36L * 36 * 36);
    return Long.toString(clock.instant().getEpochSecond(), 36)
        + Long.toString(36L * 36 * 36 + chance, 36).substring(1);
  }

  @Override
  public String epoch() {
    return epoch;
  }

  @Override
  public long latest() {
    return appender.latest();
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
  public Appended append(Append append) {
    return join(submit(append));
  }

  @Override
  public void close(String topic) {
    var pending = new Pending(null, new byte[0], topic);
    appender.put(pending);
    join(pending);
  }

  private static Appended join(CompletableFuture<Appended> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private Pending pending(Append append) {
    var rest = EventEncoder.encodeWithoutId(append.event());
    if (rest.length > config.frameBytesMax()) {
      throw new IllegalArgumentException(
          "event: %d bytes encoded (expected: <= %d)"
              .formatted(rest.length, config.frameBytesMax()));
    }
    return new Pending(append, rest, null);
  }

  @Override
  public Read read(Topics topics, long after, long told, int bytesMax) {
    return switch (topics) {
      case Topics.Named(var names) when names.size() == 1 -> {
        var log = logs.get(names.get(0));
        yield log == null
            ? nothingOf(after, told)
            : TopicReader.one(log, after, told, latest(), bytesMax);
      }
      case Topics.Named(var names) -> {
        var named = new ArrayList<TopicLog>(names.size());
        for (var name : names) {
          var log = logs.get(name);
          if (log != null) {
            named.add(log);
          }
        }
        boolean endless = named.size() < names.size();
        yield endless && appender.forgottenThrough() > Math.max(after, told)
            ? new Read.Gap(
                appender.forgottenThrough(), TopicReader.earliest(named, after), latest())
            : TopicReader.several(named, endless, after, told, this::latest, bytesMax);
      }
      case Topics.Matching(var matcher) -> {
        var matching = new ArrayList<TopicLog>();
        for (var log : logs.values()) {
          if (matcher.test(log.name)) {
            matching.add(log);
          }
        }
        yield TopicReader.several(matching, true, after, told, this::latest, bytesMax);
      }
    };
  }

  /** A topic that is not there: still to come, or forgotten since the cursor. */
  private Read nothingOf(long after, long told) {
    long forgotten = appender.forgottenThrough();
    return forgotten > Math.max(after, told) ? new Read.Gap(forgotten, 0, latest()) : Read.AT_TAIL;
  }

  @Override
  public List<Recorded> list(String topic, long after, int eventsMax) {
    var found = new ArrayList<Recorded>();
    var topics = Topics.of(topic);
    long cursor = after;
    while (found.size() < eventsMax
        && read(topics, cursor, Long.MAX_VALUE, 1 << 18) instanceof Frames frames) {
      frames.forEach((sequence, block) -> {
        var decoder =
            new EventDecoder(
                event -> found.add(new Recorded(sequence, event)), config.frameBytesMax() * 2L);
        decoder.feed(block);
      });
      cursor = frames.through();
      frames.release();
    }
    return found.size() > eventsMax ? found.subList(0, eventsMax) : found;
  }

  @Override
  public Optional<TopicState> state(String topic) {
    var log = logs.get(topic);
    return log == null ? Optional.empty() : Optional.of(log.state());
  }

  @Override
  public List<TopicState> states() {
    return logs.values().stream().map(TopicLog::state).toList();
  }

  @Override
  public OptionalLong locate(Topics topics, String eventId) {
    long own = EventIds.sequence(epoch, eventId);
    if (own >= 0 && own <= latest()) {
      return OptionalLong.of(own);
    }
    long earliest = 0;
    if (topics instanceof Topics.Named(var names)) {
      for (var name : names) {
        var log = logs.get(name);
        earliest = log == null ? earliest : earlier(earliest, log.sequenceOfPublisherId(eventId));
      }
    } else if (topics instanceof Topics.Matching(var matcher)) {
      for (var log : logs.values()) {
        if (matcher.test(log.name)) {
          earliest = earlier(earliest, log.sequenceOfPublisherId(eventId));
        }
      }
    }
    return earliest == 0 ? OptionalLong.empty() : OptionalLong.of(earliest);
  }

  private static long earlier(long a, long b) {
    return a == 0 || (b > 0 && b < a) ? b : a;
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

  /** Applies retention now, as the appender does each second. Waits. */
  void sweep() {
    appender.sweepNow();
  }

  @Override
  public void close() {
    appender.close();
  }
}
