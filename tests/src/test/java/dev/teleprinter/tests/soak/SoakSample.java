// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the server holds at one moment. Immutable.
 *
 * @param seconds since the soak began
 * @param values of each kind that was looked at
 */
record SoakSample(double seconds, Map<Kind, Double> values) {
  private static final Pattern HEAP_USED = Pattern.compile("(?s)heap.*?used (\\d+)K");
  private static final double MIB = 1 << 20;

  SoakSample {
    values = Map.copyOf(values);
  }

  /** What is looked at, and how much it may grow from the second third to the last. */
  enum Kind {
    RESIDENT_MIB("resident memory, MiB", 0.1, 24),
    HEAP_MIB("heap after a collection, MiB", 0.2, 6),
    THREADS("threads", 0.1, 8),
    DESCRIPTORS("descriptors", 0.1, 16),
    WRITTEN_MIB_PER_S("written, MiB a second", 0.25, 0.25),
    DATA_MIB("data directory, MiB", 0.25, 64);

    final String words;
    final double shareMore;
    final double more;

    Kind(String words, double shareMore, double more) {
      this.words = words;
      this.shareMore = shareMore;
      this.more = more;
    }

    /** {@return its name in files} */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Bytes the process has had written so far. */
  static double writtenBytes(long pid) throws IOException {
    return field(pid, "io", "write_bytes:");
  }

  /**
   * Looks at a process.
   *
   * @param writtenMibPerSecond since the last look; less than 0 when that was another process
   * @param collects whether to have it collect all garbage first, to see what is left
   */
  static SoakSample of(
      SoakedServer server, double seconds, double writtenMibPerSecond, boolean collects)
      throws IOException, InterruptedException {
    long pid = server.pid();
    var values = new EnumMap<Kind, Double>(Kind.class);
    values.put(Kind.RESIDENT_MIB, field(pid, "status", "VmRSS:") / 1024);
    values.put(Kind.THREADS, field(pid, "status", "Threads:"));
    try (var open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      values.put(Kind.DESCRIPTORS, (double) open.count());
    }
    if (writtenMibPerSecond >= 0) {
      values.put(Kind.WRITTEN_MIB_PER_S, writtenMibPerSecond);
    }
    values.put(Kind.DATA_MIB, folderBytes(server.data()) / MIB);
    if (collects) {
      jcmd(pid, "GC.run");
      var heap = HEAP_USED.matcher(jcmd(pid, "GC.heap_info"));
      if (heap.find()) {
        values.put(Kind.HEAP_MIB, Double.parseDouble(heap.group(1)) / 1024);
      }
    }
    return new SoakSample(seconds, values);
  }

  private static double field(long pid, String file, String name) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/" + file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElse(0);
    }
  }

  private static double folderBytes(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      double bytes = 0;
      for (var file : files.collect(Collectors.toList())) {
        bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
      }
      return bytes;
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0; // a file was merged away meanwhile: seen at the next look
    }
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var process =
        new ProcessBuilder(jcmd, Long.toString(pid), command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
