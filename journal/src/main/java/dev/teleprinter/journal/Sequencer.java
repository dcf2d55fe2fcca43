// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Here an event gets its number: writes its frame into its topic logs, in all of them or in none,
 * and makes it visible. Confined to the appender, except {@link #latest} and {@link
 * #isOwnFormInUse}.
 */
final class Sequencer {
  private static final Appended CLOSED = new Appended(0, "", false);
  private static final VarHandle LATEST;

  static {
    try {
      LATEST = MethodHandles.lookup().findVarHandle(Sequencer.class, "latest", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final JournalConfig config;
  private final String epoch;
  private final Map<String, TopicLog> logs; // entries are added here only
  private final Forgotten forgotten;
  private final SegmentMemory memory;
  private final TrimOrder order = new TrimOrder();
  private final Trimmer trimmer;

  // Written by the appender, read by any thread.
  @SuppressWarnings("FieldCanBeFinal")
  private long latest; // by LATEST

  private volatile boolean ownFormInUse;

  // Confined to the appender.
  private final IdLine idLine;
  private final List<TopicLog> writing = new ArrayList<>(4);
  private final List<TopicLog> touched = new ArrayList<>();
  private final List<String> touchedNames = new ArrayList<>();

  Sequencer(JournalConfig config, String epoch, Map<String, TopicLog> logs, Forgotten forgotten) {
    this.config = config;
    this.epoch = epoch;
    this.logs = logs;
    this.forgotten = forgotten;
    this.memory = new SegmentMemory(config.memoryBytesMax());
    this.trimmer = new Trimmer(config, logs, forgotten, order);
    this.idLine = new IdLine(epoch);
  }

  long latest() {
    return (long) LATEST.getAcquire(this); // pairs with setRelease in publish()
  }

  /** {@return whether a publisher ever gave an id that looks like one of the journal's own} */
  boolean isOwnFormInUse() {
    return ownFormInUse;
  }

  Trimmer trimmer() {
    return trimmer;
  }

  /** {@return topics appended to or closed since {@link #endBatch}, perhaps repeated} */
  List<String> touchedNames() {
    return touchedNames;
  }

  /** Trims what the batch touched, and begins a new one. */
  void endBatch(int seconds) {
    for (int i = 0; i < touched.size(); i++) {
      trimmer.trim(touched.get(i), seconds);
    }
    touched.clear();
    touchedNames.clear();
  }

  Appended append(Append append, Pending pending, int seconds) {
    var topics = append.topics();
    String publisherId = pending.publisherId();
    var duplicate = publisherId == null ? null : duplicate(topics.get(0), publisherId);
    if (duplicate != null) {
      // Before the topics are looked at: a repeated append to a topic it closed is no error.
      closeIf(append.closing(), topics, seconds);
      return duplicate;
    }
    findLogs(topics);
    long sequence = latest + 1; // plain read: nobody else writes it
    if (pending.idLine == null) {
      idLine.setOwn(append.idForm(), sequence);
    } else {
      idLine.set(pending.idLine);
    }
    var appended =
        new Appended(sequence, publisherId == null ? idLine.ownId() : publisherId, false);
    write(sequence, seconds, pending.rest);
    publish(sequence, publisherId);
    closeIf(append.closing(), topics, seconds); // after latest: see TopicReader
    return appended;
  }

  private @Nullable Appended duplicate(String topic, String publisherId) {
    var log = logs.get(topic);
    long before = log == null ? 0 : log.sequenceOfPublisherId(publisherId, 0);
    return before == 0 ? null : new Appended(before, publisherId, true);
  }

  /** Fills {@link #writing}; a log that is new is not in {@link #logs} before it has a frame. */
  private void findLogs(List<String> topics) {
    writing.clear();
    int fresh = 0;
    for (int i = 0; i < topics.size(); i++) {
      var log = logs.get(topics.get(i));
      if (log == null) {
        fresh++;
        log = newLog(topics.get(i));
      } else if (log.closed) {
        throw new TopicClosedException(log.name);
      }
      writing.add(log);
    }
    if (fresh > 0) {
      refuseBeyondTopicsMax(fresh);
    }
  }

  private TopicLog newLog(String topic) {
    return new TopicLog(topic, config.retentionOf(topic), forgotten.through(topic));
  }

  private void refuseBeyondTopicsMax(int fresh) {
    if (logs.size() + fresh > config.topicsMax()) {
      throw new JournalUnavailableException(
          "topics: " + logs.size() + " (expected: < " + config.topicsMax() + ")");
    }
  }

  /**
   * Writes the frame into every log of {@link #writing}: what was written is visible only after
   * publish(), and the next write to the same log begins at the same place.
   */
  private void write(long sequence, int seconds, byte[] rest) {
    boolean written = false;
    try {
      long trimmedBytes = 0;
      while (!writeAll(sequence, seconds, rest)) {
        // May take a segment that was just written to: then all is written again.
        int trimmed = trimmer.trimForSpace(trimmedBytes, seconds);
        if (trimmed == 0) {
          throw noRoomFor(rest.length);
        }
        trimmedBytes += trimmed;
      }
      written = true;
    } finally {
      if (!written) {
        discardFresh();
      }
    }
  }

  private JournalUnavailableException noRoomFor(int bytes) {
    return new JournalUnavailableException(
        "memory: %d bytes in use, %d held (expected: room for %d within %d)"
            .formatted(memory.usedBytes(), memory.slabBytes(), bytes, config.memoryBytesMax()));
  }

  private boolean writeAll(long sequence, int seconds, byte[] rest) {
    for (int i = 0; i < writing.size(); i++) {
      if (!writing.get(i).write(memory, order, sequence, seconds, idLine, rest)) {
        return false;
      }
    }
    return true;
  }

  private void discardFresh() {
    for (var log : writing) {
      if (!logs.containsKey(log.name)) {
        log.discard(order);
      }
    }
  }

  /** What may fail comes first: an event is visible in all of its topics, or in none. */
  private void publish(long sequence, @Nullable String publisherId) {
    if (publisherId != null) {
      if (!ownFormInUse && EventIds.sequence(epoch, publisherId) >= 0) {
        ownFormInUse = true;
      }
      writing.forEach(log -> log.remember(publisherId, sequence));
    }
    for (int i = 0; i < writing.size(); i++) {
      var log = writing.get(i);
      logs.putIfAbsent(log.name, log);
      touch(log);
    }
    for (int i = 0; i < writing.size(); i++) {
      writing.get(i).publish(sequence);
    }
    LATEST.setRelease(this, sequence); // pairs with getAcquire in latest()
  }

  private void touch(TopicLog log) {
    touched.add(log);
    touchedNames.add(log.name);
  }

  /** Closes a topic. A topic that is not there becomes a closed, empty one. */
  Appended close(String topic, int seconds) {
    var log = logs.get(topic);
    if (log == null) {
      refuseBeyondTopicsMax(1);
      log = newLog(topic);
      logs.put(topic, log);
    }
    close(log, seconds);
    return CLOSED;
  }

  private void closeIf(boolean closing, List<String> topics, int seconds) {
    if (closing) {
      for (int i = 0; i < topics.size(); i++) {
        var log = logs.get(topics.get(i));
        if (log != null) {
          close(log, seconds);
        }
      }
    }
  }

  private void close(TopicLog log, int seconds) {
    if (!log.closed) {
      log.close(order, seconds);
      touch(log);
    }
  }

  /** Never gives this number again: an append failed and may be visible in one of its topics. */
  void skipSequence() {
    LATEST.setRelease(this, latest + 1);
  }
}
