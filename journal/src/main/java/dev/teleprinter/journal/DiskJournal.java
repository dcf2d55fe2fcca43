// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * A journal on disk: what was acknowledged is there after the process was killed, and the epoch is
 * the same. Thread-safe.
 *
 * <p>Its newest events are in memory like a {@link MemoryJournal}'s, and are read there. When
 * memory is used up they go from there and stay on the disk: a read of them finds {@link
 * Read.Cold}, and {@link #readBlocking} brings them.
 */
public final class DiskJournal implements Journal {
  private static final long SEQUENCES_SKIPPED = 1L << 22; // more than a file can have
  private static final long COLD_BYTES_MIN = 32L << 20;

  private final MemoryJournal hot;
  private final FileSet set;
  private final ColdReader cold;
  private final BlockingReads reads;
  private final DiskWriter writer;
  private final FileKeeper keeper;
  private final Clock clock;

  /**
   * Opens the journal in a directory, or begins one there.
   *
   * @throws UnusableFolderException when the directory cannot be used, or another server has it
   */
  public static DiskJournal open(Path directory, JournalConfig config, DiskConfig disk) {
    return open(directory, config, disk, MemoryJournal.ofHeap());
  }

  /** The same with an account of memory that others reserve from too. */
  public static DiskJournal open(
      Path directory, JournalConfig config, DiskConfig disk, MemoryBudget memory) {
    var surroundings = new Surroundings(Clock.systemUTC(), new SecureRandom(), memory);
    return open(DiskFolder.lock(directory), config, disk, surroundings);
  }

  /** The same with its own idea of files, time and chance. Takes ownership of the folder. */
  static DiskJournal open(
      Folder folder, JournalConfig config, DiskConfig disk, Clock clock, RandomGenerator random) {
    return open(folder, config, disk, new Surroundings(clock, random, MemoryJournal.ofHeap()));
  }

  /** The clock, randomness and memory that a journal takes from the process. Immutable. */
  record Surroundings(Clock clock, RandomGenerator random, MemoryBudget memory) {}

  static DiskJournal open(
      Folder folder, JournalConfig config, DiskConfig disk, Surroundings surroundings) {
    var account = new TopicMemory(surroundings.memory);
    try {
      account.addOpenIndexes();
      return new DiskJournal(Recovery.read(folder, account, true), config, disk, surroundings);
    } catch (IOException e) {
      account.close();
      folder.close();
      throw new UnusableFolderException(
          folder.description() + ": cannot be read: " + e + " (expected: a readable journal)");
    } catch (RuntimeException e) {
      account.close();
      folder.close();
      throw e;
    }
  }

  private DiskJournal(
      Recovery.Found found, JournalConfig config, DiskConfig disk, Surroundings surroundings) {
    this.clock = surroundings.clock;
    var random = surroundings.random;
    this.set = found.set();
    var known = found.epoch();
    var epoch = known == null ? MemoryJournal.newEpoch(clock, random) : known;
    this.keeper = new FileKeeper(set, disk);
    this.writer = new DiskWriter(found, disk, epoch, clock, random, keeper);
    var kept = new MemoryJournal.Kept(set.memory, found.forgotten(), writer);
    this.hot = new MemoryJournal(config, clock, epoch, kept);
    this.cold =
        new ColdReader(set, new ColdMemory(Math.max(COLD_BYTES_MIN, 2L * config.frameBytesMax())));
    this.reads = new BlockingReads(hot, cold);
    restore(found, config);
    keeper.start(writer, hot, random);
    hot.sequencer().onDisk(this::sequenceOfPublisherId);
    hot.start();
    sweep(); // so that nothing comes back that was told as gone
  }

  private void restore(Recovery.Found found, JournalConfig config) {
    long last = found.latest();
    if (found.epoch() != null && !found.stopped()) {
      last += SEQUENCES_SKIPPED;
      writer.resume(found.latest(), last);
      set.addUnknown(found.latest() + 1, last);
    }
    hot.sequencer().goOn(last, found.ownFormInUse());
    long start = Math.floorDiv(clock.millis(), 1000L);
    for (var each = found.topics().values().iterator(); each.hasNext(); each.remove()) {
      var log = log(each.next(), config, start); // one goes as the other comes
      hot.logs().add(log);
      hot.logs().totals().found(log);
    }
    var files = set.files();
    long before = files.isEmpty() ? 0 : files.get(0).header.first() - 1;
    found.forgotten().addUnnamed(Math.max(before, set.lastHoleOfAll()));
  }

  private TopicLog log(StoredTopic topic, JournalConfig config, long startSeconds) {
    long through = Math.max(topic.latest, set.lastHoleOfAll());
    var inFiles =
        new TopicLog.Cold(
            topic.appended, through, topic.bytes, (int) (topic.oldestSeconds - startSeconds));
    long closedAt = topic.closedSeconds() - startSeconds;
    return TopicLog.stored(topic, config.retentionOf(topic.name), inFiles, closedAt);
  }

  @Override
  public String epoch() {
    return hot.epoch();
  }

  @Override
  public long latest() {
    return hot.latest();
  }

  // ---- Appending.

  @Override
  public CompletableFuture<Appended> submit(Append append) {
    var pending = pending(append);
    hot.appender().put(pending);
    return pending;
  }

  @Override
  public Optional<CompletableFuture<Appended>> trySubmit(Append append) {
    var pending = pending(append);
    return hot.appender().offer(pending) ? Optional.of(pending) : Optional.empty();
  }

  @Override
  public void submit(Append append, Outcomes outcomes) {
    var pending = pending(append);
    pending.outcomes = outcomes;
    hot.appender().put(pending);
  }

  @Override
  public boolean trySubmit(Append append, Outcomes outcomes) {
    var pending = pending(append);
    pending.outcomes = outcomes;
    return hot.appender().offer(pending);
  }

  @Override
  public Appended append(Append append) {
    return hot.appender().await(pending(append));
  }

  /** A publisher's id may be on the disk: that is looked up here, not by the appender. */
  private Pending pending(Append append) {
    var pending = hot.pending(append);
    var id = pending.publisherId();
    if (id != null) {
      pending.duplicateSoughtThrough = keeper.sealedThrough(); // before the look
      pending.duplicateOnDisk = sequenceOfPublisherId(append.topics().get(0), id);
    }
    return pending;
  }

  private long sequenceOfPublisherId(String topic, String id) {
    var log = hot.logs().get(topic);
    return log == null || log.trimmedThrough() >= keeper.sealedThrough()
        ? 0
        : cold.sequenceOfPublisherId(topic, id, log.trimmedThrough());
  }

  @Override
  public void close(String topic) {
    hot.close(topic);
  }

  @Override
  public void forget(String topic) {
    hot.forget(topic);
  }

  // ---- Reading.

  @Override
  public Read read(Topics topics, long after, long told, int bytesMax) {
    return hot.read(topics, after, told, bytesMax);
  }

  @Override
  public Read readBlocking(Topics topics, long after, long told, int bytesMax) {
    return reads.read(topics, after, told, bytesMax);
  }

  @Override
  public List<Recorded> list(String topic, long after, int eventsMax) {
    return MemoryJournal.list(this, topic, after, eventsMax);
  }

  @Override
  public Optional<TopicState> state(String topic) {
    var log = hot.logs().get(topic);
    return log == null ? Optional.empty() : Optional.of(state(log));
  }

  @Override
  public List<TopicState> states() {
    return hot.logs().stream().map(DiskJournal::stateInMemory).toList();
  }

  @Override
  public List<TopicState> states(List<String> topics) {
    return topics.stream()
        .map(hot.logs()::get)
        .filter(Objects::nonNull)
        .map(DiskJournal::stateInMemory)
        .toList();
  }

  @Override
  public List<String> newestTopics(int topicsMax) {
    return hot.newestTopics(topicsMax);
  }

  @Override
  public JournalTotals totals() {
    return hot.totals();
  }

  @Override
  public List<String> openTopics() {
    return hot.openTopics();
  }

  private static TopicState stateInMemory(TopicLog log) {
    return withEarliest(log, log.trimmedThrough() + 1);
  }

  private TopicState state(TopicLog log) {
    return withEarliest(log, BlockingReads.isCold(log, 0) ? reads.earliest(log, 0) : 0);
  }

  private static TopicState withEarliest(TopicLog log, long earliest) {
    var state = TopicState.of(log);
    return BlockingReads.isCold(log, 0)
        ? new TopicState(
            state.name(),
            earliest,
            state.latest(),
            state.events(),
            state.bytes(),
            state.appended(),
            state.closed(),
            state.stored())
        : state;
  }

  @Override
  public OptionalLong tryLocate(Topics topics, String eventId) {
    long own = EventIds.sequence(epoch(), eventId);
    boolean told = own >= 0 && !set.isUnknown(own) && !hot.sequencer().isOwnFormInUse();
    return told ? hot.locate(topics, eventId) : OptionalLong.empty();
  }

  @Override
  public OptionalLong locate(Topics topics, String eventId) {
    var found = tryLocate(topics, eventId);
    return found.isPresent() ? found : locateOnDisk(topics, eventId);
  }

  private OptionalLong locateOnDisk(Topics topics, String eventId) {
    long own = EventIds.sequence(epoch(), eventId);
    if (own >= 0 && set.isUnknown(own)) {
      return OptionalLong.empty(); // it may have been given to an event that is lost
    }
    var found = hot.locate(topics, eventId);
    long earliest = found.orElse(Long.MAX_VALUE);
    if (own < 0 || hot.sequencer().isOwnFormInUse()) {
      for (var log : hot.select(topics, 0, 0).logs()) {
        long sequence = sequenceOfPublisherId(log.name, eventId);
        earliest = sequence > 0 ? Math.min(earliest, sequence) : earliest;
      }
    }
    return earliest == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(earliest);
  }

  @Override
  public OptionalLong sequenceAt(String topic, long ordinal) {
    var inMemory = hot.sequenceAt(topic, ordinal);
    var log = hot.logs().get(topic);
    if (inMemory.isPresent() || log == null || !BlockingReads.isCold(log, 0)) {
      return inMemory;
    }
    var state = TopicState.of(log);
    boolean kept = ordinal < state.appended() && ordinal >= state.appended() - state.events();
    long sequence = kept ? cold.sequenceAt(topic, ordinal, log.trimmedThrough()) : 0;
    return sequence == 0 ? OptionalLong.empty() : OptionalLong.of(sequence);
  }

  @Override
  public void onAppend(AppendListener listener) {
    hot.onAppend(listener);
  }

  @Override
  public void helpAppending(AppendHelper helper) {
    hot.helpAppending(helper);
  }

  @Override
  public boolean appendQueued() {
    return hot.appendQueued();
  }

  @Override
  public CompletableFuture<Void> probe() {
    return hot.probe();
  }

  /** {@return how it stands on the disk} Any thread. */
  public DiskState disk() {
    var files = set.files();
    long bytes = files.stream().mapToLong(file -> file.bytes).sum();
    return new DiskState(files.size(), bytes, writer.failures(), writer.forces());
  }

  /** Lets all events go from memory, as when it is used up. Waits. */
  void evict() {
    hot.appender().await(Pending.task(hot.sequencer()::evictAll));
  }

  /** Deletes and merges files now, as is done by and by. Waits. */
  void tidy() {
    keeper.tidyNow();
  }

  /** The same as it is done by and by: only if there may be something to do. Waits. */
  void tidyIfDue() {
    keeper.tidyIfDue();
  }

  /** Applies retention to every topic now, as the appender does by and by. Waits. */
  void sweep() {
    do {
      hot.sweep();
      keeper.awaitIdle();
    } while (keeper.hasDeclined()); // it looks at so many topics at once, no more
    hot.sweep(); // what was being looked at before came too late for the first
    keeper.awaitIdle();
  }

  /** {@return the files and what is missing from them, for tests and tools} */
  FileSet files() {
    return set;
  }

  @Override
  public void close() {
    long latest = latest();
    hot.close();
    if (keeper.close()) {
      writer.close(Math.max(latest, latest()), clock.millis());
      set.memory.close();
      set.folder.close();
    }
  }
}
