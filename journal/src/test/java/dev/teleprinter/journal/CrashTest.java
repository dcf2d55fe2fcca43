// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever byte the newest file ends at: what was whole before it is there, once, in order.
 *
 * <p>Every byte is tried: of files of 8 KiB with many small events, and of one of more than 64 KiB
 * with events of up to 6 KB.
 */
@Timeout(60)
final class CrashTest {
  private static final DiskConfig DISK = DiskConfig.defaults().withDurability(Durability.ALWAYS);

  /** Held, so that its level is: else each of a hundred thousand starts says what it cut. */
  private static final Logger LOG = Logger.getLogger("dev.teleprinter.journal");

  @BeforeAll
  static void saysWarningsOnly() {
    LOG.setLevel(Level.WARNING);
  }

  @AfterAll
  static void saysAllAgain() {
    LOG.setLevel(null);
  }

  private static FakeFolder cut(StoredHistory history, String name, int at) {
    var image = history.folder.copy();
    image.put(name, Arrays.copyOf(history.folder.bytes(name), at));
    return image;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyCutOfTheNewestFileLeavesWhatIsBeforeIt(int seed) throws Exception {
    cutAnywhere(new StoredHistory(seed, 120, DISK.withFileBytesMax(8192)));
  }

  @Test
  void everyCutOfTheLast64KibibytesLeavesWhatIsBeforeIt() throws Exception {
    var history =
        new StoredHistory(
            4,
            DISK.withFileBytesMax(80 << 10),
            6000,
            (folder, _) ->
                folder.journalFiles().size() < 2
                    || folder.bytes(folder.journalFiles().getLast()).length < 64 << 10);
    cutAnywhere(history);
  }

  private static void cutAnywhere(StoredHistory history) throws Exception {
    var newest = history.folder.journalFiles().getLast();
    assertThat(history.folder.journalFiles()).hasSizeGreaterThan(1);
    var whole = history.folder.bytes(newest);
    var ends = history.ends(newest);
    var image = history.folder.copy();
    long last = history.events.size();
    var expected = expected(history, last);
    for (int at = whole.length; at >= 0; at--) {
      if (ends.containsKey(last) && ends.get(last) > at) {
        last--;
        expected = expected(history, last);
      }
      image.put(newest, Arrays.copyOf(whole, at));
      var found = Recovery.read(image, new TopicMemory(MemoryJournal.ofHeap()), true);
      assertThat(found.latest()).as("cut at %s", at).isEqualTo(last);
      assertThat(found.epoch()).isEqualTo(history.epoch);
      assertThat(found(found)).as("cut at %s", at).isEqualTo(expected);
    }
    assertThat(ends).doesNotContainKey(last);
  }

  /** The events that a topic ever had, and the last one's sequence. */
  private record Kept(long events, long latest) {}

  private static Map<String, Kept> expected(StoredHistory history, long through) {
    var expected = new HashMap<String, Kept>();
    for (var name : StoredHistory.NAMES) {
      var kept = history.sequencesOf(name).stream().filter(s -> s <= through).toList();
      if (!kept.isEmpty()) {
        expected.put(name, new Kept(kept.size(), kept.getLast()));
      }
    }
    return expected;
  }

  private static Map<String, Kept> found(Recovery.Found found) {
    var topics = new HashMap<String, Kept>();
    found
        .topics()
        .forEach((name, topic) -> topics.put(name, new Kept(topic.appended, topic.latest)));
    return topics;
  }

  @Test
  void aReopenedJournalServesWhatIsThereAndGoesOnBehindIt() throws Exception {
    var history = new StoredHistory(7, 150, DISK.withFileBytesMax(8192));
    var newest = history.folder.journalFiles().getLast();
    var ends = history.ends(newest);
    int size = history.folder.bytes(newest).length;
    for (int at = FileHeader.BYTES; at < size; at += 1 + size / 60) {
      var image = cut(history, newest, at);
      long last = ends.keySet().iterator().next() - 1;
      for (var end : ends.entrySet()) {
        last = end.getValue() <= at ? end.getKey() : last;
      }
      try (var journal =
          DiskJournal.open(image, StoredHistory.CONFIG, DISK, new ManualClock(), new Random(at))) {
        long through = last;
        for (var name : StoredHistory.NAMES) {
          var kept = history.sequencesOf(name).stream().filter(s -> s <= through).toList();
          assertThat(history.read(journal, name).events().keySet()).containsExactlyElementsOf(kept);
        }
        checkIds(journal, history, through);
        // What may have been given and lost is not known, and is never given again.
        assertThat(journal.locate(Topics.of("a"), journal.epoch() + "-" + (through + 1))).isEmpty();
        assertThat(JournalFixture.append(journal, "new", "x").sequence())
            .isGreaterThan(history.events.size());
      }
    }
  }

  private static void checkIds(Journal journal, StoredHistory history, long through) {
    for (Map.Entry<Long, StoredHistory.Acknowledged> event : history.events.entrySet()) {
      if (event.getKey() <= through) {
        var topics = Topics.of(List.of(event.getValue().topics().get(0)));
        assertThat(journal.locate(topics, event.getValue().id())).hasValue(event.getKey());
      }
    }
  }

  @Test
  void aStoppedJournalGoesOnWithTheNextSequence() {
    var history = new StoredHistory(5, 40, DISK);
    try (var journal =
        DiskJournal.open(
            history.folder, StoredHistory.CONFIG, DISK, new ManualClock(), new Random(1))) {
      assertThat(journal.latest()).isEqualTo(40);
      assertThat(JournalFixture.append(journal, "a", "x").sequence()).isEqualTo(41);
    }
  }

  @Test
  void idsThatMayBeLostStayUnknownAfterMoreStarts() {
    var folder = new FakeFolder();
    var random = new Random(1);
    var first = DiskJournal.open(folder, StoredHistory.CONFIG, DISK, new ManualClock(), random);
    JournalFixture.append(first, "a", "1");
    var killed = folder.copy();
    first.close();
    long lost = 2;
    for (int start = 0; start < 3; start++) {
      try (var journal =
          DiskJournal.open(killed, StoredHistory.CONFIG, DISK, new ManualClock(), random)) {
        var id = journal.epoch() + "-" + lost;
        assertThat(journal.locate(Topics.of("a"), id)).as("start %s", start).isEmpty();
        JournalFixture.append(journal, "a", "more");
        assertThat(journal.locate(Topics.of("a"), journal.epoch() + "-1")).hasValue(1);
      }
    }
  }
}
