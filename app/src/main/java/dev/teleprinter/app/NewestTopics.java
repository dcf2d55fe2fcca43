// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.TopicState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The topics with the latest events, kept while somebody looks at them and {@link #LINGER} longer.
 * {@link #look} costs the same however many topics there are. Only the first look after a while, or
 * after most of what it knew was forgotten, asks the journal to go through all of them.
 *
 * <p>The appender notes each topic with news in a small table: a topic has one set of {@value
 * #WAYS} slots, and takes the one that was noted longest ago. Nine of the hundred newest topics
 * would have to fall into one of {@value #SETS} sets for one to be missed: once in some million
 * looks. It allocates nothing and takes no lock there; while nobody looks, it only finds that out.
 */
final class NewestTopics implements Journal.AppendListener {
  static final Duration LINGER = Duration.ofMinutes(10);
  static final Duration SEARCH_PERIOD = Duration.ofMinutes(1);

  private static final int WAYS = 8;
  private static final int SET_BITS = 8;
  private static final int SETS = 1 << SET_BITS;
  private static final int TURNS_PER_CLOCK_LOOK = 1024;
  private static final VarHandle NAME = MethodHandles.arrayElementVarHandle(String[].class);

  private final Journal journal;
  private final Clock clock;

  // Written by whoever looks and by the appender, read by both.
  private volatile boolean wanted;
  private volatile long lookedMillis;

  // Written by the appender, read by any thread.
  private final @Nullable String[] names = new @Nullable String[SETS * WAYS];

  // Confined to the appender.
  private final long[] noted = new long[SETS * WAYS]; // when each name was: the larger, the later
  private long notes;
  private int turns;

  // Guarded by this.
  private List<String> found = List.of(); // by the last search
  private long searchedMillis;

  NewestTopics(Journal journal, Clock clock) {
    this.journal = journal;
    this.clock = clock;
    journal.onAppend(this);
  }

  @Override
  public void onAppend(List<String> topics) {
    if (!wanted) {
      return;
    }
    for (int i = 0; i < topics.size(); i++) {
      note(topics.get(i));
    }
    if (++turns % TURNS_PER_CLOCK_LOOK == 0) {
      wanted = clock.millis() - lookedMillis < LINGER.toMillis();
    }
  }

  private void note(String name) {
    int set = (name.hashCode() * 0x9e3779b9) >>> (Integer.SIZE - SET_BITS); // Knuth's multiplier
    int from = set * WAYS;
    int oldest = from;
    for (int slot = from; slot < from + WAYS; slot++) {
      if (name.equals(names[slot])) {
        noted[slot] = ++notes;
        return;
      }
      oldest = noted[slot] < noted[oldest] ? slot : oldest;
    }
    NAME.setRelease(names, oldest, name);
    noted[oldest] = ++notes;
  }

  /** {@return the newest topics, the newest first} */
  synchronized List<TopicState> look(int topicsMax) {
    long now = clock.millis();
    lookedMillis = now;
    if (!wanted) {
      wanted = true; // first: what is appended from here on is noted, or found by the search
      search(topicsMax, now);
    }
    var newest = newest(topicsMax);
    boolean few = newest.size() < Math.min(topicsMax, journal.totals().topics());
    if (few && now - searchedMillis >= SEARCH_PERIOD.toMillis()) {
      search(topicsMax, now); // those it knew were forgotten
      newest = newest(topicsMax);
    }
    return newest;
  }

  private void search(int topicsMax, long now) {
    searchedMillis = now;
    found = journal.newestTopics(topicsMax);
  }

  private List<TopicState> newest(int topicsMax) {
    var known = new LinkedHashSet<String>();
    for (int slot = 0; slot < names.length; slot++) {
      var name = (String) NAME.getAcquire(names, slot);
      if (name != null) {
        known.add(name);
      }
    }
    known.addAll(found);
    return journal.states(new ArrayList<>(known)).stream()
        .sorted(Comparator.comparingLong(TopicState::latest).reversed())
        .limit(topicsMax)
        .toList();
  }
}
