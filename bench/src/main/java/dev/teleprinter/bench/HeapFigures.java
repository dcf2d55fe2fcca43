// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.DiskConfig;
import dev.teleprinter.journal.DiskJournal;
import dev.teleprinter.journal.Durability;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Supplier;

/**
 * What topics and events take of the heap, their names apart: a million idle topics with an event
 * each, and a million events in a thousand topics; in memory and on the disk. Argument: a folder
 * for the files. Single use.
 */
public final class HeapFigures {
  private static final int MILLION = 1_000_000;
  private static final int COLLECTIONS = 4; // until nothing more goes
  private static final String DATA = "x".repeat(100);

  private HeapFigures() {}

  /** Prints a line for each figure. */
  public static void main(String[] args) throws IOException {
    var config = JournalConfig.defaults().withTopicsMax(2 * MILLION);
    for (int topics : new int[] {1000, MILLION}) { // the first warms up too
      print(System.out, "memory", topics, () -> new MemoryJournal(config));
      var folder = Files.createTempDirectory(Path.of(args[0]), "heap");
      var disk = DiskConfig.defaults().withDurability(Durability.OS);
      print(System.out, "disk", topics, () -> DiskJournal.open(folder, config, disk));
      delete(folder);
    }
  }

  private static void print(PrintStream out, String kind, int topics, Supplier<Journal> opener) {
    var names = new String[topics];
    for (int i = 0; i < topics; i++) {
      names[i] = "topic/" + i;
    }
    try (var journal = opener.get()) {
      journal.append(Append.to("first", Event.of(DATA))); // what a journal has in any case
      long before = heapBytes();
      for (int i = 0; i < MILLION; i++) {
        journal.submit(Append.to(names[i % topics], Event.of(DATA)));
      }
      journal.append(Append.to("last", Event.of(DATA)));
      double bytes = heapBytes() - before;
      out.printf("%s, %,d topics, %,d events: ", kind, topics, MILLION);
      out.printf("%.1f bytes a topic, %.2f an event%n", bytes / topics, bytes / MILLION);
    }
  }

  @SuppressWarnings("SystemGc") // there is no other way to know what is held
  private static long heapBytes() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
