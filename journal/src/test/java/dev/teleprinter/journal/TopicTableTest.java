// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TopicTableTest {
  private final TopicTable table = new TopicTable();

  private static TopicLog log(String name) {
    return new TopicLog(name, Retention.defaults(), 0);
  }

  private void assertHolds(Map<String, TopicLog> expected) {
    assertThat(table.size()).isEqualTo(expected.size());
    assertThat(table.stream()).containsExactlyInAnyOrderElementsOf(expected.values());
    expected.forEach((name, log) -> assertThat(table.get(name)).isSameAs(log));
  }

  @Test
  void isAMapThroughAnyHistory() {
    var random = new Random(7);
    var model = new HashMap<String, TopicLog>();
    for (int step = 0; step < 20_000; step++) {
      var name = "topic " + random.nextInt(500);
      var known = model.get(name);
      assertThat(table.get(name)).isSameAs(known);
      if (known == null) {
        model.put(name, log(name));
        table.add(model.get(name));
      } else if (random.nextInt(3) > 0) {
        model.remove(name);
        table.remove(known);
      }
      if (step % 1_000 == 0) {
        assertHolds(model);
      }
    }
    assertHolds(model);
  }

  @Test
  void removesThatLogOnlyAndNotItsSuccessor() {
    var first = log("a");
    table.add(first);
    table.remove(first);
    var second = log("a");
    table.add(second);
    table.remove(first);
    assertHolds(Map.of("a", second));
  }

  @Test
  void holdsManyNamesWithOneHashCode() {
    var model = new HashMap<String, TopicLog>();
    for (int bits = 0; bits < 4_096; bits++) {
      var name = new StringBuilder();
      for (int i = 0; i < 12; i++) {
        name.append((bits >> i & 1) == 0 ? "Aa" : "BB"); // "Aa".hashCode() == "BB".hashCode()
      }
      model.put(name.toString(), log(name.toString()));
      table.add(model.get(name.toString()));
    }
    assertHolds(model);
  }

  @Test
  void aRoundSeesWhatStaysWhileOthersComeAndGo() {
    for (int i = 0; i < 100; i++) {
      table.add(log("stays " + i));
      table.add(log("goes " + i));
    }
    var round = table.iterator();
    int staying = round.next().name.startsWith("stays") ? 1 : 0;
    for (int i = 0; i < 100; i++) {
      var going = table.get("goes " + i);
      assertThat(going).isNotNull();
      table.remove(going);
      for (int j = 0; j < 10; j++) {
        table.add(log("comes " + i + " " + j)); // the array is replaced under the round
      }
    }
    while (round.hasNext()) {
      var name = round.next().name;
      assertThat(name).doesNotStartWith("goes");
      staying += name.startsWith("stays") ? 1 : 0;
    }
    assertThat(staying).isEqualTo(100);
  }

  @Test
  void otherThreadsFindWhatIsThereAllTheWhile() throws Exception {
    for (int i = 0; i < 50; i++) {
      table.add(log("stays " + i));
    }
    var missed = new AtomicInteger();
    var writing =
        CompletableFuture.runAsync(() -> {
          for (int i = 0; i < 20_000; i++) {
            var passing = log("passes " + i);
            table.add(passing);
            table.remove(passing);
          }
        });
    do {
      for (int i = 0; i < 50; i++) {
        if (table.get("stays " + i) == null) {
          missed.incrementAndGet();
        }
      }
    } while (!writing.isDone());
    writing.get();
    assertThat(missed).hasValue(0);
  }
}
