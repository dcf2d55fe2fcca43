// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import dev.teleprinter.tests.hostile.UnfitUpstream;
import dev.teleprinter.tests.soak.SoakSample.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * One server under every kind of load for a time, looked at each 5 s and restarted now and then.
 * {@code bin/soak} runs it. Confined to the main thread.
 */
public final class SoakRun {
  private static final long PERIOD_NANOS = 5_000_000_000L;
  private static final int HEAP_EACH = 3; // samples: a collection costs something
  private static final String YAML =
      """
      answers: {drain: 2s}
      timeouts: {drain: 2s}
      retention:
        age: 1m
        after_close: 30s
        rules: [{topic: "unread", bytes: 4MiB}]
      """;

  private final double minutes;
  private final double restartMinutes;
  private final Path report;
  private final List<SoakSample> samples = new ArrayList<>();
  private final List<Double> restarts = new ArrayList<>();
  private final SoakLedger ledger = new SoakLedger();

  private SoakRun(double minutes, double restartMinutes, Path report) {
    this.minutes = minutes;
    this.restartMinutes = restartMinutes;
    this.report = report;
  }

  /**
   * Runs it: minutes in all, minutes between restarts, the report's files without their endings.
   * System properties: {@code soak.root}, the checkout; {@code soak.commit}, what is measured.
   */
  public static void main(String[] args) throws Exception {
    var run =
        new SoakRun(Double.parseDouble(args[0]), Double.parseDouble(args[1]), Path.of(args[2]));
    System.exit(run.run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    var folder = Files.createTempDirectory("teleprinter-soak-");
    var program = Path.of(System.getProperty("soak.root"), "bin", "teleprinter");
    try (var upstream = new UnfitUpstream();
        var server =
            new SoakedServer(
                program, folder, YAML + upstream.yaml(), Map.of("UNFIT_KEY", UnfitUpstream.KEY))) {
      var load = new SoakLoad(server, ledger);
      load.start();
      sample(server);
      load.stop();
      Stream.of(Files.readString(server.output()).split("\n"))
          .filter(line -> line.matches(".*(OutOfMemory|Error:|Exception).*"))
          .forEach(ledger::fault);
    } finally {
      delete(folder);
    }
    return judge();
  }

  private void sample(SoakedServer server) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    double nextRestart = restartMinutes * 60;
    long pid = server.pid();
    double written = SoakSample.writtenBytes(pid);
    long last = begin;
    for (int i = 1; System.nanoTime() - begin < minutes * 60e9; i++) {
      LockSupport.parkNanos(begin + i * PERIOD_NANOS - System.nanoTime());
      double seconds = (System.nanoTime() - begin) / 1e9;
      if (!server.isAlive()) {
        ledger.fault("the server has died after " + seconds + " s");
        return;
      }
      double now = SoakSample.writtenBytes(server.pid());
      double rate =
          server.pid() == pid
              ? (now - written) / 1.048576e6 * 1e9 / (System.nanoTime() - last)
              : -1;
      samples.add(SoakSample.of(server, seconds, rate, i % HEAP_EACH == 0));
      System.out.println(Math.round(seconds) + " s: " + samples.getLast().values());
      if (seconds >= nextRestart && seconds < minutes * 60 - restartMinutes * 30) {
        restarts.add(seconds);
        server.restart(restarts.size() % 2 == 1);
        nextRestart += restartMinutes * 60;
      }
      pid = server.pid();
      written = SoakSample.writtenBytes(pid);
      last = System.nanoTime();
    }
  }

  private boolean judge() throws IOException {
    var verdicts = Stream.of(Kind.values()).map(kind -> SoakVerdict.of(kind, samples)).toList();
    var facts = new LinkedHashMap<String, Object>();
    facts.put("commit", System.getProperty("soak.commit", "unknown"));
    facts.put("command", "bin/soak --minutes %s --restart %s".formatted(minutes, restartMinutes));
    facts.put("restarts (SIGTERM and kill -9 by turns)", restarts.size());
    facts.put("load", new java.util.TreeMap<>(ledger.counts()).toString());
    facts.put("faults", ledger.faults().isEmpty() ? "none" : ledger.faults().toString());
    SoakReport.write(report, samples, restarts, facts, verdicts);
    verdicts.forEach(System.out::println);
    System.out.println(ledger);
    return ledger.faults().isEmpty() && verdicts.stream().allMatch(SoakVerdict::isFlat);
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
