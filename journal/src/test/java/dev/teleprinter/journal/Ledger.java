// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;

/** Which event got which sequence, and what each reader saw of them. Thread-safe. */
final class Ledger {
  /** One event: its number is in its data, with bytes that follow from it. */
  record Event(int number, List<String> topics) {}

  private final AtomicReferenceArray<Event> bySequence;

  Ledger(int eventsMax) {
    bySequence = new AtomicReferenceArray<>(eventsMax + 1);
  }

  void appended(long sequence, Event event) {
    assertThat(bySequence.getAndSet((int) sequence, event)).as("sequence %s", sequence).isNull();
  }

  static String data(int number) {
    var letter = String.valueOf((char) ('a' + number % 26));
    return number + ":" + letter.repeat(number % 401);
  }

  /** One reader's view. Confined to its thread until it is checked. */
  static final class Reader {
    private final Predicate<List<String>> selected;
    private final List<long[]> seen = new ArrayList<>(); // sequence, number
    private final List<long[]> gaps = new ArrayList<>(); // after, through
    private final String idStart;

    Reader(String epoch, Predicate<List<String>> selected) {
      this.idStart = "id: " + epoch + "-";
      this.selected = selected;
    }

    int seen() {
      return seen.size();
    }

    int gaps() {
      return gaps.size();
    }

    void gap(long after, long through) {
      gaps.add(new long[] {after, through});
    }

    /** Checks a frame's every byte against its sequence and number. */
    void see(long sequence, ByteBuffer block) {
      int at = block.position();
      at = expect(block, at, idStart + sequence + "\ndata: ");
      int number = 0;
      while (block.get(at) != ':') {
        number = number * 10 + block.get(at++) - '0';
      }
      at++;
      int letters = number % 401;
      for (int i = 0; i < letters; i++) {
        if (block.get(at++) != 'a' + number % 26) {
          throw new AssertionError("sequence " + sequence + ": wrong byte in event " + number);
        }
      }
      if (expect(block, at, "\n\n") != block.limit()) {
        throw new AssertionError("sequence " + sequence + ": longer than event " + number);
      }
      seen.add(new long[] {sequence, number});
    }

    private static int expect(ByteBuffer block, int from, String text) {
      var bytes = text.getBytes(US_ASCII);
      for (int i = 0; i < bytes.length; i++) {
        if (block.get(from + i) != bytes[i]) {
          throw new AssertionError("position " + (from + i) + " (expected: " + text + ")");
        }
      }
      return from + bytes.length;
    }
  }

  /** Every event of its topics once, in order, but for those it was told are gone. */
  void check(Reader reader, long through) {
    int next = 0;
    int gap = 0;
    for (long sequence = 1; sequence <= through; sequence++) {
      var event = bySequence.get((int) sequence);
      assertThat(event).as("sequence %s was given", sequence).isNotNull();
      if (!reader.selected.test(event.topics)) {
        continue;
      }
      if (next < reader.seen.size() && reader.seen.get(next)[0] == sequence) {
        assertThat(reader.seen.get(next)[1]).isEqualTo(event.number);
        next++;
        continue;
      }
      while (gap < reader.gaps.size() && reader.gaps.get(gap)[1] < sequence) {
        gap++;
      }
      assertThat(gap < reader.gaps.size() && reader.gaps.get(gap)[0] < sequence)
          .as("sequence %s of %s was not seen, and no gap told", sequence, event.topics)
          .isTrue();
    }
    assertThat(next).as("events seen").isEqualTo(reader.seen.size());
  }
}
