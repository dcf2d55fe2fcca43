// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.sse.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NewestTopicsTest {
  private final MemoryJournal journal =
      new MemoryJournal(JournalConfig.defaults().withMemoryBytesMax(64 << 20));
  private final SteppingClock clock = new SteppingClock();
  private final NewestTopics newest = new NewestTopics(journal, clock);

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void findsThoseThatWereThereBeforeAnybodyLooked() {
    publish("a", "b", "c", "a");
    assertThat(look(2)).containsExactly("a", "c");
  }

  @Test
  void agreesWithALookAtAllTopicsWhateverHappensInBetween() {
    var random = new Random(7);
    var names = new ArrayList<String>();
    for (int i = 0; i < 3000; i++) {
      names.add("topic/" + i);
    }
    publish(names.toArray(String[]::new));
    for (int round = 0; round < 30; round++) {
      assertThat(look(100)).as("round %d", round).isEqualTo(allSorted(100));
      int few = 1 + random.nextInt(names.size());
      for (int i = 0; i < 500; i++) {
        publish(names.get(random.nextInt(few)));
      }
      journal.forget(names.get(random.nextInt(few)));
    }
  }

  @Test
  void goesOnAfterNobodyLookedForLong() {
    publish("a", "b");
    assertThat(look(5)).containsExactly("b", "a");
    clock.now = clock.now.plus(NewestTopics.LINGER);
    for (int i = 0; i < 2000; i++) { // now and then it looks at the clock
      publish("c");
    }
    publish("a", "d");
    assertThat(look(5)).containsExactly("d", "a", "c", "b");
  }

  @Test
  void searchesAgainWhenThoseItKnewAreForgotten() {
    publish("old/1", "old/2", "old/3");
    publish("new/1", "new/2");
    assertThat(look(2)).containsExactly("new/2", "new/1");
    journal.forget("new/1");
    journal.forget("new/2");
    look(2);
    clock.now = clock.now.plus(NewestTopics.SEARCH_PERIOD);
    assertThat(look(2)).containsExactly("old/3", "old/2");
  }

  private void publish(String... topics) {
    for (var topic : topics) {
      journal.append(Append.to(topic, Event.of("x")));
    }
  }

  private List<String> look(int max) {
    return newest.look(max).stream().map(TopicState::name).toList();
  }

  private List<String> allSorted(int max) {
    return journal.states().stream()
        .sorted(Comparator.comparingLong(TopicState::latest).reversed())
        .limit(max)
        .map(TopicState::name)
        .toList();
  }
}
