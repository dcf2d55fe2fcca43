// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bits flipped, files cut, swapped and removed: no event is served but as it was appended, and what
 * is missing is told, save for the very end of the journal.
 */
@Timeout(120)
final class FuzzedFilesTest {
  private static final DiskConfig DISK =
      DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(8192);

  private static final Logger LOG = Logger.getLogger("dev.teleprinter.journal");

  @BeforeAll
  static void beQuiet() {
    LOG.setLevel(Level.OFF); // thousands of findings
  }

  @AfterAll
  static void beAsBefore() {
    LOG.setLevel(null);
  }

  @Test
  void brokenFilesNeverGiveAWrongEvent() {
    for (int seed = 1; seed <= 4; seed++) {
      var history = new StoredHistory(seed, 250, DISK);
      for (int damage = 0; damage < 100; damage++) {
        var image = history.folder.copy();
        var random = new Random(seed * 1000L + damage);
        var what = damage(image, random);
        try {
          check(history, image, random);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError("seed " + seed + ", damage " + damage + ": " + what, e);
        }
      }
    }
  }

  private static String damage(FakeFolder image, Random random) {
    var names = image.names();
    var name = names.get(random.nextInt(names.size()));
    var bytes = image.bytes(name);
    switch (random.nextInt(6)) {
      case 0 -> {
        image.put(name, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
        return "cut " + name;
      }
      case 1 -> {
        image.delete(name);
        return "removed " + name;
      }
      case 2 -> {
        var other = names.get(random.nextInt(names.size()));
        image.put(name, image.bytes(other));
        image.put(other, bytes);
        return "swapped " + name + " and " + other;
      }
      case 3 -> {
        int from = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(2000));
        Arrays.fill(bytes, from, to, (byte) 0);
        image.put(name, bytes);
        return "zeroed " + from + " to " + to + " of " + name;
      }
      default -> {
        int flips = 1 + random.nextInt(4);
        for (int i = 0; i < flips; i++) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        image.put(name, bytes);
        return flips + " bits flipped in " + name;
      }
    }
  }

  private static void check(StoredHistory history, FakeFolder image, Random random) {
    DiskJournal opened;
    try {
      opened = DiskJournal.open(image, StoredHistory.CONFIG, DISK, new ManualClock(), random);
    } catch (UnusableFolderException e) {
      assertThat(e).hasMessageContaining("expected: "); // a version bit flipped: refused by name
      return;
    }
    try (var journal = opened) {
      long latest = journal.epoch().equals(history.epoch) ? lastThere(history, journal) : 0;
      for (var name : StoredHistory.NAMES) {
        var found = history.read(journal, name);
        for (long sequence : history.sequencesOf(name)) {
          assertThat(
                  found.events().containsKey(sequence)
                      || found.isTold(sequence)
                      || sequence > latest)
              .as("event %s of %s is there or told", sequence, name)
              .isTrue();
        }
      }
      assertThat(JournalFixture.append(journal, "new", "x").duplicate()).isFalse();
    }
  }

  /** The last event that anybody can read: what is lost behind it is the journal's torn end. */
  private static long lastThere(StoredHistory history, Journal journal) {
    long last = 0;
    for (var name : StoredHistory.NAMES) {
      var events = List.copyOf(history.read(journal, name).events().keySet());
      last = events.isEmpty() ? last : Math.max(last, events.getLast());
    }
    return last;
  }
}
