// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A journal on disk that is closed and opened again, or loses all its memory, before any read as
 * chance has it: what it finds must not differ for that. Used by one thread.
 */
final class RestlessJournal implements Journal {
  private final Supplier<DiskJournal> opener;
  private final Random random;
  private final int reopenOneIn;
  private final int evictOneIn;
  private final List<AppendListener> listeners = new ArrayList<>();
  private DiskJournal journal;
  private boolean closed;

  /** Reopens or evicts before one read in so many; 0 for never. */
  RestlessJournal(Supplier<DiskJournal> opener, Random random, int reopenOneIn, int evictOneIn) {
    this.opener = opener;
    this.random = random;
    this.reopenOneIn = reopenOneIn;
    this.evictOneIn = evictOneIn;
    this.journal = opener.get();
  }

  void sweep() {
    journal.sweep();
  }

  private DiskJournal restless() {
    if (Thread.currentThread().getName().startsWith("tp-append")) {
      return journal; // a listener, who may not wait for the appender
    }
    if (!closed && reopenOneIn > 0 && random.nextInt(reopenOneIn) == 0) {
      journal.close();
      journal = opener.get();
      listeners.forEach(journal::onAppend);
    }
    if (!closed && evictOneIn > 0 && random.nextInt(evictOneIn) == 0) {
      journal.evict();
      if (reopenOneIn == 0) { // gaps are told a little wider after both
        journal.tidy();
      }
    }
    return journal;
  }

  @Override
  public String epoch() {
    return journal.epoch();
  }

  @Override
  public long latest() {
    return journal.latest();
  }

  @Override
  public CompletableFuture<Appended> submit(Append append) {
    return journal.submit(append);
  }

  @Override
  public Optional<CompletableFuture<Appended>> trySubmit(Append append) {
    return journal.trySubmit(append);
  }

  @Override
  public void submit(Append append, Outcomes outcomes) {
    journal.submit(append, outcomes);
  }

  @Override
  public boolean trySubmit(Append append, Outcomes outcomes) {
    return journal.trySubmit(append, outcomes);
  }

  @Override
  public Appended append(Append append) {
    try {
      return restless().append(append);
    } finally {
      if (evictOneIn > 0 && !closed) {
        journal.sweep(); // what is on the disk only is trimmed a little later
      }
    }
  }

  @Override
  public void close(String topic) {
    restless().close(topic);
  }

  @Override
  public void forget(String topic) {
    restless().forget(topic);
  }

  @Override
  public Read read(Topics topics, long after, long told, int bytesMax) {
    return restless().readBlocking(topics, after, told, bytesMax);
  }

  @Override
  public List<Recorded> list(String topic, long after, int eventsMax) {
    return restless().list(topic, after, eventsMax);
  }

  @Override
  public Optional<TopicState> state(String topic) {
    return restless().state(topic);
  }

  @Override
  public List<TopicState> states() {
    return restless().states();
  }

  @Override
  public List<TopicState> states(List<String> topics) {
    return restless().states(topics);
  }

  @Override
  public List<String> newestTopics(int topicsMax) {
    return restless().newestTopics(topicsMax);
  }

  @Override
  public JournalTotals totals() {
    return restless().totals();
  }

  @Override
  public List<String> openTopics() {
    return restless().openTopics();
  }

  @Override
  public OptionalLong locate(Topics topics, String eventId) {
    return restless().locate(topics, eventId);
  }

  @Override
  public OptionalLong sequenceAt(String topic, long ordinal) {
    return restless().sequenceAt(topic, ordinal);
  }

  @Override
  public void onAppend(AppendListener listener) {
    listeners.add(listener);
    journal.onAppend(listener);
  }

  @Override
  public void helpAppending(AppendHelper helper) {
    journal.helpAppending(helper);
  }

  @Override
  public boolean appendQueued() {
    return journal.appendQueued();
  }

  @Override
  public CompletableFuture<Void> probe() {
    return journal.probe();
  }

  @Override
  public void close() {
    closed = true;
    journal.close();
  }
}
