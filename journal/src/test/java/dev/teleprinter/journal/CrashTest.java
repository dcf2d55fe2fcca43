// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever byte the newest file ends at: what was whole before it is there, once, in order. */
@Timeout(60)
final class CrashTest {
  private static final DiskConfig DISK = DiskConfig.defaults().withDurability(Durability.ALWAYS);

  private static FakeFolder cut(StoredHistory history, String name, int at) {
    var image = history.folder.copy();
    image.put(name, Arrays.copyOf(history.folder.bytes(name), at));
    return image;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyCutOfTheNewestFileLeavesWhatIsBeforeIt(int seed) throws Exception {
    var history = new StoredHistory(seed, 120, DISK.withFileBytesMax(8192));
    var newest = history.folder.journalFiles().getLast();
    var ends = history.ends(newest);
    long before = ends.keySet().iterator().next() - 1;
    for (int at = history.folder.bytes(newest).length; at >= 0; at--) {
      long expected = before;
      for (var end : ends.entrySet()) {
        expected = end.getValue() <= at ? end.getKey() : expected;
      }
      var found = Recovery.read(cut(history, newest, at), true);
      assertThat(found.latest()).as("cut at %s", at).isEqualTo(expected);
      assertThat(found.epoch()).isEqualTo(history.epoch);
      for (var name : StoredHistory.NAMES) {
        long through = expected;
        var kept = history.sequencesOf(name).stream().filter(s -> s <= through).toList();
        var topic = found.topics().get(name);
        assertThat(topic == null ? 0 : topic.appended).isEqualTo(kept.size());
        assertThat(topic == null ? 0 : topic.latest).isEqualTo(kept.isEmpty() ? 0 : kept.getLast());
      }
    }
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
