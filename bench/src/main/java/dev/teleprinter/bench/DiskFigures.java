// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.DiskConfig;
import dev.teleprinter.journal.DiskJournal;
import dev.teleprinter.journal.Durability;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.Retention;
import dev.teleprinter.sse.Event;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * What the journal on disk costs: appends by one and by 32 publishers that wait for each, by
 * durability; a start over many events, and their bytes on the disk. Arguments: a folder for the
 * files, and how many million events to start over. Single use.
 */
public final class DiskFigures {
  private static final String DATA = "x".repeat(200);
  private static final long RUN_NANOS = Duration.ofSeconds(4).toNanos();
  private static final int TOPICS = 1000;

  private final Path folder;
  private final PrintStream out;

  private DiskFigures(Path folder, PrintStream out) {
    this.folder = folder;
    this.out = out;
  }

  /** Prints a line for each figure. */
  public static void main(String[] args) throws Exception {
    var figures =
        new DiskFigures(Files.createTempDirectory(Path.of(args[0]), "figures"), System.out);
    figures.appends(Durability.OS, 32); // warms up
    for (var durability : Durability.values()) {
      figures.appends(durability, 1);
      figures.appends(durability, 32);
    }
    figures.start(Integer.parseInt(args[1]));
  }

  private void appends(Durability durability, int publishers) throws Exception {
    var disk = DiskConfig.defaults().withDurability(durability);
    var latencies = new ArrayList<long[]>();
    long begin = System.nanoTime();
    try (var journal =
        DiskJournal.open(folder.resolve("appends"), JournalConfig.defaults(), disk)) {
      var done = new CountDownLatch(publishers);
      for (int i = 0; i < publishers; i++) {
        var topic = "bench/" + i;
        Thread.ofVirtual()
            .start(() -> {
              var mine = publish(journal, topic, begin + RUN_NANOS);
              synchronized (latencies) {
                latencies.add(mine);
              }
              done.countDown();
            });
      }
      done.await();
    }
    print(durability, publishers, latencies);
    delete(folder.resolve("appends"));
  }

  private static long[] publish(DiskJournal journal, String topic, long until) {
    var latencies = new long[1 << 16];
    int size = 0;
    for (long now = System.nanoTime(); now < until; ) {
      journal.append(Append.to(topic, Event.of(DATA)));
      long after = System.nanoTime();
      if (size == latencies.length) {
        latencies = Arrays.copyOf(latencies, size * 2);
      }
      latencies[size++] = after - now;
      now = after;
    }
    return Arrays.copyOf(latencies, size);
  }

  private void print(Durability durability, int publishers, List<long[]> latencies) {
    var all = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    out.printf(
        "%-8s %2d publishers  %,9.0f appends/s  p50 %,8.3f ms  p99 %,8.3f ms%n",
        durability,
        publishers,
        all.length / (RUN_NANOS / 1e9),
        all[all.length / 2] / 1e6,
        all[(int) (all.length * 0.99)] / 1e6);
  }

  private void start(int millions) throws IOException {
    var directory = folder.resolve("start");
    var keepAll = Retention.defaults().withEventsMax(Long.MAX_VALUE).withBytesMax(Long.MAX_VALUE);
    var config = JournalConfig.defaults().withRetention(keepAll);
    var disk = DiskConfig.defaults().withDurability(Durability.OS);
    long events = millions * 1_000_000L;
    long begin = System.nanoTime();
    try (var journal = DiskJournal.open(directory, config, disk)) {
      for (long i = 0; i < events; i++) {
        journal.submit(Append.to("bench/" + i % TOPICS, Event.of(DATA)));
      }
      journal.append(Append.to("last", Event.of(DATA)));
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    out.printf(
        "%,d events written and closed in %.1f s: %,.0f/s%n", events, seconds, events / seconds);
    out.printf("%.1f bytes on the disk for each%n", (double) bytes(directory) / events);
    for (int i = 0; i < 3; i++) {
      long before = System.nanoTime();
      try (var journal = DiskJournal.open(directory, config, disk)) {
        out.printf(
            "start over %,d events: %.0f ms%n",
            journal.latest(), (System.nanoTime() - before) / 1e6);
      }
    }
    delete(folder);
  }

  private static long bytes(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      long sum = 0;
      for (var file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
      return sum;
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
