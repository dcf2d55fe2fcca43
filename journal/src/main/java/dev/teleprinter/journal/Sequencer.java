// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Here an event gets its number: writes its frame into its topic logs, in all of them or in none.
 * What was appended becomes visible by {@link #commit}, a batch at once, after it was written to
 * the disk, if there is one. Confined to the appender, except {@link #latest} and {@link
 * #isOwnFormInUse}.
 */
final class Sequencer {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final Appended DONE = new Appended(0, "", false); // nobody asks for more

  /** What was appended must be committed before this append can go on: it needs its memory. */
  static final class CommitFirstException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommitFirstException() {
      super("commit first", null, false, false);
    }
  }

  private final JournalConfig config;
  private final String epoch;
  private final TopicTable logs;
  private final Forgotten forgotten;
  private final @Nullable DiskWriter disk;
  private final SegmentMemory memory;
  private final TopicMemory account;
  private final TrimOrder order = new TrimOrder();
  private final Trimmer trimmer;
  private final Batch batch;
  private IdsOnDisk idsOnDisk = (_, _) -> 0;

  // Written by the appender, read by any thread.
  private volatile boolean ownFormInUse;

  // Confined to the appender.
  private final IdLine idLine;
  private final List<TopicLog> writing = new ArrayList<>(4);
  private int fresh; // of those, not in the table yet
  private long reserved; // for this append
  private int seconds;
  private long millis;

  Sequencer(JournalConfig config, String epoch, TopicTable logs, MemoryJournal.Kept kept) {
    this.config = config;
    this.epoch = epoch;
    this.logs = logs;
    this.forgotten = kept.forgotten();
    this.account = kept.account();
    this.disk = kept.disk();
    this.memory = new SegmentMemory(config.memoryBytesMax());
    this.trimmer = new Trimmer(config, logs, forgotten, memory, order, this, account);
    this.batch = new Batch(logs, order, account);
    this.idLine = new IdLine(epoch);
  }

  /** Finds a publisher's id on the disk. */
  @FunctionalInterface
  interface IdsOnDisk {
    /** The sequence of the topic's first event with it, 0 if there is none. */
    long find(String topic, String id);
  }

  /** Says how ids are found that are no longer in memory. Before the appender starts. */
  void onDisk(IdsOnDisk ids) {
    idsOnDisk = ids;
  }

  /** Goes on after a sequence. Before the appender starts. */
  void goOn(long after, boolean ownIdsByPublishers) {
    batch.goOn(after);
    ownFormInUse = ownIdsByPublishers;
  }

  long latest() {
    return batch.latest();
  }

  /** {@return whether a publisher ever gave an id that looks like one of the journal's own} */
  boolean isOwnFormInUse() {
    return ownFormInUse;
  }

  Trimmer trimmer() {
    return trimmer;
  }

  /** {@return topics appended to or closed, and committed, since {@link #endBatch}} */
  List<String> touchedNames() {
    return batch.touchedNames();
  }

  long nowSeconds() {
    return Math.floorDiv(millis, 1000L);
  }

  void beginBatch(int nowSeconds, long nowMillis) {
    seconds = nowSeconds;
    millis = nowMillis;
  }

  /** Trims what the batch touched, and what it takes to have room for the next. */
  void endBatch() {
    var touched = batch.touched();
    if (!touched.isEmpty()) {
      trimmer.changed(seconds);
    }
    for (int i = 0; i < touched.size(); i++) {
      trimmer.trim(touched.get(i), seconds);
    }
    trimmer.keepRoom(seconds);
    account.segments((long) order.size() - logs.size());
    batch.end();
  }

  // ---- Appending.

  /**
   * Appends an event, visible after {@link #commit}.
   *
   * @param storing false to keep it in memory only
   * @throws CommitFirstException when it must be tried again after a commit
   */
  Appended append(Append append, Pending pending, boolean storing) {
    var topics = append.topics();
    String publisherId = pending.publisherId();
    var duplicate = publisherId == null ? null : duplicate(topics.get(0), publisherId, pending);
    if (duplicate != null) {
      // Before the topics are looked at: a repeated append to a topic it closed is no error.
      closeIf(append.closing(), topics, storing);
      return duplicate;
    }
    findLogs(topics);
    reserve(publisherId);
    long sequence = batch.accepted() + 1;
    if (pending.idLine == null) {
      idLine.setOwn(append.idForm(), sequence);
    } else {
      idLine.set(pending.idLine);
    }
    boolean stored = storing && !(append.orUnstored() && isAnyUnstored());
    write(sequence, append, pending.rest, publisherId, stored);
    accept(sequence, publisherId, stored);
    batch.accept(writing.size(), Chunks.framedBytes(idLine.length() + pending.rest.length));
    if (append.closing()) {
      for (int i = 0; i < writing.size(); i++) {
        batch.close(writing.get(i));
      }
    }
    if (pending.isOutcomeOnly()) {
      return DONE;
    }
    var id = publisherId == null ? idLine.ownId() : publisherId;
    return new Appended(sequence, id, false, stored);
  }

  private @Nullable Appended duplicate(String topic, String publisherId, Pending pending) {
    var log = logs.get(topic);
    if (log == null) {
      return null;
    }
    long onDisk =
        trimmer.idsInMemoryAfter() > pending.duplicateSoughtThrough
            ? idsOnDisk.find(topic, publisherId) // it left memory since it was sought: rare
            : pending.duplicateOnDisk;
    long before =
        onDisk > log.trimmedThrough() ? onDisk : log.sequenceOfPublisherId(publisherId, 0);
    return before == 0 ? null : new Appended(before, publisherId, true);
  }

  /** Fills {@link #writing}; a log that is new is not in {@link #logs} before it has a frame. */
  private void findLogs(List<String> topics) {
    writing.clear();
    fresh = 0;
    for (int i = 0; i < topics.size(); i++) {
      var log = logs.get(topics.get(i));
      if (log == null) {
        fresh++;
        log = newLog(topics.get(i));
      } else if (log.isClosing()) {
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

  /** Reserves what the append adds to the heap for good: its new topics, and its publisher's id. */
  private void reserve(@Nullable String publisherId) {
    reserved = 0;
    if (fresh == 0 && publisherId == null) {
      return; // most appends: nothing to be counted
    }
    long bytes = 0;
    for (int i = 0; i < writing.size(); i++) {
      var log = writing.get(i);
      bytes += fresh > 0 && logs.get(log.name) == null ? TopicMemory.ofTopic(log.name) : 0;
      bytes += publisherId == null ? 0 : bytesForId(log, publisherId);
    }
    if (!account.tryAdd(bytes)) {
      throw noMemoryFor(bytes);
    }
    reserved = bytes;
  }

  private static long bytesForId(TopicLog log, String publisherId) {
    var past = log.pastIfAny();
    return past == null ? TopicMemory.ofId(publisherId, true) : past.bytesFor(publisherId);
  }

  private JournalUnavailableException noMemoryFor(long bytes) {
    return new JournalUnavailableException(
        "topics: %d, with %d bytes of memory reserved (expected: room for %d more within %d)"
            .formatted(logs.size(), account.held(), bytes, account.bytesMax()));
  }

  private void refuseBeyondTopicsMax(int added) {
    if (logs.size() + added > config.topicsMax()) {
      throw new JournalUnavailableException(
          "topics: " + logs.size() + " (expected: < " + config.topicsMax() + ")");
    }
  }

  private boolean isAnyUnstored() {
    for (int i = 0; i < writing.size(); i++) {
      if (writing.get(i).isUnstored(Long.MAX_VALUE)) {
        return true;
      }
    }
    return false;
  }

  /** Writes the frame into every log of {@link #writing}, and stages it for the disk. */
  private void write(
      long sequence, Append append, byte[] rest, @Nullable String publisherId, boolean stored) {
    boolean written = false;
    try {
      long trimmedBytes = 0;
      while (!writeAll(sequence, rest)) {
        if (batch.isUncommitted()) {
          throw new CommitFirstException(); // what would be trimmed might not be visible yet
        }
        // May take a segment that was just written to: then all is written again.
        int trimmed = trimmer.trimForSpace(trimmedBytes, seconds);
        if (trimmed == 0) {
          throw noRoomFor(rest.length);
        }
        trimmedBytes += trimmed;
      }
      if (disk != null && stored) {
        stage(disk, sequence, append, publisherId, rest);
      }
      written = true;
    } finally {
      if (!written) {
        discardFresh();
        account.remove(reserved);
      }
    }
  }

  private void stage(
      DiskWriter to, long sequence, Append append, @Nullable String publisherId, byte[] rest) {
    var ordinals = new long[writing.size()];
    for (int i = 0; i < ordinals.length; i++) {
      var log = writing.get(i);
      boolean repeated = publisherId != null && i > 0 && holds(log, publisherId);
      ordinals[i] = log.accepted() | (repeated ? Records.REPEATED_ID : 0);
    }
    boolean ends = append.closing();
    to.event(sequence, millis, ends, publisherId, append.topics(), ordinals, idLine, rest);
  }

  private boolean holds(TopicLog log, String publisherId) {
    return log.sequenceOfPublisherId(publisherId, 0) > 0
        || (log.cold != null && idsOnDisk.find(log.name, publisherId) > log.trimmedThrough());
  }

  private JournalUnavailableException noRoomFor(int bytes) {
    return new JournalUnavailableException(
        "memory: %d bytes in use, %d held (expected: room for %d within %d)"
            .formatted(memory.usedBytes(), memory.slabBytes(), bytes, config.memoryBytesMax()));
  }

  private boolean writeAll(long sequence, byte[] rest) {
    for (int i = 0; i < writing.size(); i++) {
      if (!writing.get(i).write(memory, order, sequence, seconds, idLine, rest)) {
        return false;
      }
    }
    return true;
  }

  private void discardFresh() {
    for (var log : writing) {
      if (logs.get(log.name) == null) {
        trimmer.discard(log);
      }
    }
  }

  /** What may fail comes first: an event is in all of its topics, or in none. */
  private void accept(long sequence, @Nullable String publisherId, boolean stored) {
    if (publisherId != null) {
      if (!ownFormInUse && EventIds.sequence(epoch, publisherId) >= 0) {
        ownFormInUse = true;
      }
      writing.forEach(log -> log.past().remember(publisherId, sequence));
    }
    for (int i = 0; i < writing.size(); i++) {
      addToBatch(writing.get(i), fresh > 0);
    }
    for (int i = 0; i < writing.size(); i++) {
      var log = writing.get(i);
      log.accept();
      if (!stored && disk != null) {
        log.past().unstored(sequence);
      }
    }
    batch.accept(sequence);
  }

  private void addToBatch(TopicLog log, boolean mayBeFresh) {
    if (mayBeFresh && logs.get(log.name) == null) {
      batch.addFresh(log);
    } else {
      batch.add(log);
    }
  }

  // ---- Closing.

  /** Closes a topic. A topic that is not there becomes a closed, empty one. */
  Appended close(String topic, boolean storing) {
    var log = logs.get(topic);
    if (log == null) {
      refuseBeyondTopicsMax(1);
      long bytes = TopicMemory.ofTopic(topic);
      if (!account.tryAdd(bytes)) {
        throw noMemoryFor(bytes);
      }
      log = newLog(topic);
    }
    close(log, storing);
    return DONE;
  }

  private void closeIf(boolean ends, List<String> topics, boolean storing) {
    if (ends) {
      for (int i = 0; i < topics.size(); i++) {
        var log = logs.get(topics.get(i));
        if (log != null) {
          close(log, storing);
        }
      }
    }
  }

  private void close(TopicLog log, boolean storing) {
    if (!log.isClosing()) {
      if (disk != null && storing && !log.isUnstored(Long.MAX_VALUE)) {
        maybeSkipSequence(disk);
        disk.closed(log.name, log.accepted(), batch.accepted(), millis);
      }
      addToBatch(log, true);
      batch.close(log);
    }
  }

  /** A topic was forgotten: the disk is told by and by. */
  void forgot(TopicLog log) {
    if (disk != null && !log.isUnstored(Long.MAX_VALUE)) {
      maybeSkipSequence(disk);
      disk.forgotten(log.name, log.latest, batch.accepted(), millis);
    }
  }

  /** Files are named by sequences: one full of ends of topics must not be followed by itself. */
  private void maybeSkipSequence(DiskWriter to) {
    if (to.isSpent(batch.accepted())) {
      skipSequence();
    }
  }

  /** Never gives this number again: an append failed and may be written in one of its topics. */
  void skipSequence() {
    batch.accept(batch.accepted() + 1);
  }

  /** Lets go of all memory that can be had back from the disk. */
  void evictAll() {
    trimmer.evictAll(seconds);
  }

  // ---- Committing.

  boolean isOnDisk() {
    return disk != null;
  }

  /** {@return whether each commit waits until the disk has it for good} */
  boolean isForced() {
    return disk != null && disk.isForced();
  }

  /** {@return whether the next commit may wait for the disk, as most do not} */
  boolean mayWait() {
    return disk != null && disk.mayWait();
  }

  /** {@return why the disk did not take the last batch, null when it did} */
  @Nullable JournalUnavailableException storageFailure() {
    return disk == null ? null : disk.failure();
  }

  /** {@return whether something was appended and not committed} */
  boolean isUncommitted() {
    return batch.isUncommitted();
  }

  /** {@return whether so much is staged that it should be committed now} */
  boolean wantsCommit() {
    return disk != null && disk.bytes() >= DiskWriter.BATCH_BYTES;
  }

  /** Commits what a sweep has staged if that is much. What cannot be written is swept again. */
  void maybeCommit() {
    if (wantsCommit()) {
      try {
        commit();
      } catch (JournalUnavailableException e) {
        LOG.log(Level.DEBUG, "forgotten again at the next start", e);
      }
    }
  }

  /**
   * Writes to the disk what was appended, then makes it visible.
   *
   * @throws JournalUnavailableException when it cannot be written: nothing of it ever was appended
   */
  void commit() {
    if (disk != null) {
      try {
        disk.write();
      } catch (RuntimeException e) {
        batch.rollBack();
        throw e;
      }
    }
    batch.publish(seconds);
  }
}
