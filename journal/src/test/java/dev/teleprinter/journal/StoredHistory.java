// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/** A random history in a fake folder, and what was acknowledged of it. */
final class StoredHistory {
  static final List<String> NAMES = List.of("a", "b", "c", "d", "e");
  static final JournalConfig CONFIG = JournalFixture.config();

  /** One acknowledged event. */
  record Acknowledged(List<String> topics, String id, String data) {}

  final FakeFolder folder = new FakeFolder();
  final Map<Long, Acknowledged> events = new TreeMap<>();
  final String epoch;

  /** So many events of at most 300 characters. */
  StoredHistory(int seed, int steps, DiskConfig disk) {
    this(seed, disk, 300, (_, step) -> step < steps);
  }

  /** Events of less than so many characters, while it goes on after a number of them. */
  StoredHistory(int seed, DiskConfig disk, int textMax, BiPredicate<FakeFolder, Integer> goesOn) {
    var random = new Random(seed);
    var clock = new ManualClock();
    try (var journal = DiskJournal.open(folder, CONFIG, disk, clock, random)) {
      epoch = journal.epoch();
      for (int step = 0; goesOn.test(folder, step); step++) {
        var topics = new ArrayList<>(NAMES);
        Collections.shuffle(topics, random);
        var some = List.copyOf(topics.subList(0, 1 + random.nextInt(2)));
        var id = random.nextInt(4) == 0 ? "id" + step : null;
        var data = step + ":" + "x".repeat(random.nextInt(textMax));
        var event = new Event(id, Event.MESSAGE, data, null);
        var done = journal.append(new Append(some, event, false, Append.IdForm.PLAIN));
        events.put(done.sequence(), new Acknowledged(some, done.id(), data));
      }
    }
  }

  /** Where each record of a file ends, by the sequences of its events. */
  Map<Long, Long> ends(String name) throws Exception {
    var ends = new TreeMap<Long, Long>();
    try (var file = folder.open(name)) {
      var bytes = java.nio.ByteBuffer.allocate(FileHeader.BYTES);
      assertThat(file.read(bytes, 0)).isTrue();
      var header = FileHeader.decode(bytes);
      assertThat(header).isNotNull();
      var scanner = new RecordScanner(file, new Checksum(header.salt()), FileHeader.BYTES, 0);
      for (var record = scanner.next(); record != null; record = scanner.next()) {
        if (record.kind == Records.Kind.EVENT) {
          ends.put(record.sequence(), scanner.end());
        }
      }
    }
    return ends;
  }

  /** What one reader of a topic finds from the start: events by sequence, and gaps told. */
  record Found(Map<Long, String> events, List<long[]> gaps, Read last) {
    boolean isTold(long sequence) {
      return gaps.stream().anyMatch(gap -> sequence > gap[0] && sequence <= gap[1]);
    }
  }

  /** Reads a topic to its end, and checks that every event is one that was appended to it. */
  Found read(Journal journal, String topic) {
    var found = new TreeMap<Long, String>();
    var gaps = new ArrayList<long[]>();
    long cursor = 0;
    long told = 0;
    while (true) {
      var read = journal.readBlocking(Topics.of(topic), cursor, told, 1000);
      switch (read) {
        case Frames frames -> {
          var transcript = new Transcript(cursor);
          transcript.add(frames);
          frames.release();
          for (var frame : transcript.frames()) {
            var event = events.get(frame.sequence());
            assertThat(event).as("event %s was appended", frame.sequence()).isNotNull();
            assertThat(event.topics()).contains(topic);
            assertThat(frame.block())
                .isEqualTo("id: " + event.id + "\ndata: " + event.data + "\n\n");
            found.put(frame.sequence(), frame.data());
          }
          cursor = transcript.cursor();
        }
        case Read.Gap gap -> {
          assertThat(gap.through()).isGreaterThan(Math.max(cursor, told));
          gaps.add(new long[] {Math.max(cursor, told), gap.through()});
          told = gap.through();
        }
        case Read.AtTail _, Read.Ended _ -> {
          return new Found(found, gaps, read);
        }
        case Read.Cold _ -> throw new AssertionError("cold, from a read that waits");
      }
    }
  }

  List<Long> sequencesOf(String topic) {
    return events.entrySet().stream()
        .filter(event -> event.getValue().topics().contains(topic))
        .map(Map.Entry::getKey)
        .toList();
  }
}
