// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.sse.Event;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A process with a journal, for tests of what its heap must hold: fills it until it refuses more,
 * or opens it. Prints how many topics there are, and how much heap and account they take.
 */
final class LimitProgram {
  private static final int TOPICS_MAX = 250_000;
  private static final int FORGOTTEN_MAX = 40_000; // far more names than are known
  private static final int COLLECTIONS = 4;

  private LimitProgram() {}

  /** What is appended until the account is used up, or for a while. */
  enum Load {
    LONG_NAMES,
    SHORT_NAMES,
    PUBLISHERS_IDS,
    FORGOTTEN_TOPICS
  }

  /** Arguments: {@code fill} a folder with a load, and {@code close} or {@code kill}; or open. */
  public static void main(String[] args) {
    var path = Path.of(args[1]);
    long heapMax = Runtime.getRuntime().maxMemory();
    var budget = MemoryBudget.ofHeap(heapMax);
    var config = JournalConfig.defaults().withMemoryBytesMax(16 << 20).withQueuedBytesMax(8 << 20);
    var disk = DiskConfig.defaults().withDurability(Durability.OS);
    long heapBefore = heapBytes();
    var journal = DiskJournal.open(path, config, disk, budget);
    long reservedBefore = budget.reserved();
    if (args[0].equals("fill")) {
      fill(journal, Load.valueOf(args[2]));
    }
    print(System.out, journal.states().size(), heapBytes() - heapBefore, budget, reservedBefore);
    if (args[0].equals("fill") && args[3].equals("kill")) {
      Runtime.getRuntime().halt(0);
    }
    journal.close();
  }

  private static void print(
      PrintStream out, int topics, long heapBytes, MemoryBudget budget, long reservedBefore) {
    out.printf(
        "%d topics, %d heap, %d reserved, %d declined%n",
        topics, heapBytes, budget.reserved() - reservedBefore, budget.declined());
  }

  private static void fill(Journal journal, Load load) {
    var text = "x".repeat(20);
    CompletableFuture<Appended> last = null;
    int max = load == Load.FORGOTTEN_TOPICS ? FORGOTTEN_MAX : TOPICS_MAX;
    for (int i = 0; i < max && !isRefused(last); i++) {
      var number = Integer.toString(i);
      last =
          switch (load) {
            case LONG_NAMES -> append(journal, "n".repeat(3990) + number, text, null);
            case SHORT_NAMES -> append(journal, "t".repeat(14) + number, text, null);
            case PUBLISHERS_IDS -> append(journal, "t" + i % 1000, text, "some-id-" + number);
            case FORGOTTEN_TOPICS -> {
              var topic = "f".repeat(300) + number;
              var appended = append(journal, topic, text, null);
              journal.forget(topic);
              yield i % 10 == 0 ? append(journal, "kept" + number, text, null) : appended;
            }
          };
      if (i % 1000 == 0) {
        last.handle((_, _) -> 0).join();
      }
    }
  }

  private static CompletableFuture<Appended> append(
      Journal journal, String topic, String text, String id) {
    return journal.submit(Append.to(topic, new Event(id, Event.MESSAGE, text, null)));
  }

  private static boolean isRefused(CompletableFuture<Appended> last) {
    return last != null && last.isCompletedExceptionally();
  }

  @SuppressWarnings("SystemGc") // there is no other way to know what is held
  private static long heapBytes() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
