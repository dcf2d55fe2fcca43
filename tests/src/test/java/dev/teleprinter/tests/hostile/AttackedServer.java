// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.tests.RunningTeleprinter;
import dev.teleprinter.tests.RunningTeleprinter.Launch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The real server in a process of its own, with little heap and short deadlines, in front of an
 * {@link UnfitUpstream}. Confined to one thread, except for {@link #port()}.
 */
final class AttackedServer implements AutoCloseable {
  private static final Pattern HEAP_USED = Pattern.compile("(?s)heap.*?used (\\d+)K");

  private final UnfitUpstream upstream;
  private RunningTeleprinter teleprinter;

  /** What the process holds at a moment, the heap after a full collection. Immutable. */
  record Holdings(long heapBytes, int descriptors, int threads) {
    @Override
    public String toString() {
      return "%.1f MiB of heap, %d descriptors, %d threads"
          .formatted(heapBytes / 1048576.0, descriptors, threads);
    }
  }

  private AttackedServer(UnfitUpstream upstream, RunningTeleprinter teleprinter) {
    this.upstream = upstream;
    this.teleprinter = teleprinter;
  }

  /** Starts one for a class of attacks. */
  static AttackedServer start() {
    return start("", 0);
  }

  /** Starts one with more lines of configuration, and a limit of descriptors unless that is 0. */
  static AttackedServer start(String yaml, int descriptorsMax) {
    try {
      var upstream = new UnfitUpstream();
      var deadlines =
          "timeouts: {request: %ds, keep_alive: %ds, write: %ds, heartbeat: 1s, drain: 1s}\n"
              .formatted(
                  AttackStrength.REQUEST_DEADLINE.toSeconds(),
                  AttackStrength.KEEP_ALIVE.toSeconds(),
                  AttackStrength.WRITE_DEADLINE.toSeconds());
      var retention = "retention: {rules: [{topic: \"large/*\", events: 4}]}\n";
      return new AttackedServer(
          upstream,
          RunningTeleprinter.start(
              deadlines + retention + "answers: {drain: 1s}\n" + upstream.yaml() + yaml,
              Map.of("UNFIT_KEY", UnfitUpstream.KEY),
              new Launch(options(), descriptorsMax)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<String> options() {
    int heap = AttackStrength.HEAP_MIB;
    return List.of(
        "-Xms48m",
        "-Xmx" + heap + "m",
        "-XX:MaxDirectMemorySize=" + Math.max(192, 2 * heap) + "m",
        "-XX:+UseG1GC",
        "-XX:MaxNewSize=16m",
        "-XX:+UseCompactObjectHeaders",
        "-XX:G1ConcRefinementThreads=0",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dio.netty.leakDetection.level=simple");
  }

  int port() {
    return teleprinter.port();
  }

  RunningTeleprinter teleprinter() {
    return teleprinter;
  }

  /** Ends it on the spot and starts it again over the same data with the same memory. */
  void killAndStartAgain() {
    teleprinter.kill();
    teleprinter = teleprinter.again();
  }

  /** Starts it again if an attack has ended it. */
  void assureAlive() {
    if (!teleprinter.isAlive()) {
      System.out.println("  (the server was dead, and is started again)");
      teleprinter = teleprinter.again();
    }
  }

  /** The process still runs, and has met no error that nobody caught. */
  void assertAlive() {
    assertThat(teleprinter.isAlive()).as("the server lives:\n%s", teleprinter.output()).isTrue();
    assertThat(teleprinter.output())
        .doesNotContain("OutOfMemoryError", "StackOverflowError", "NoClassDefFoundError", "LEAK:");
  }

  /** Collects everything, then looks. */
  Holdings holdings() {
    command("GC.run");
    var heap = HEAP_USED.matcher(command("GC.heap_info"));
    if (!heap.find()) {
      throw new AssertionError("jcmd GC.heap_info: no heap");
    }
    var process = Path.of("/proc", Long.toString(teleprinter.pid()));
    return new Holdings(
        Long.parseLong(heap.group(1)) << 10,
        count(process.resolve("fd")),
        count(process.resolve("task")));
  }

  private static int count(Path folder) {
    try (var entries = Files.list(folder)) {
      return (int) entries.count();
    } catch (IOException e) {
      throw new AssertionError("the server has gone", e);
    }
  }

  private String command(String command) {
    try {
      var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      var process =
          new ProcessBuilder(jcmd, Long.toString(teleprinter.pid()), command)
              .redirectErrorStream(true)
              .start();
      var output =
          new String(
              process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("jcmd ends").isTrue();
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try (upstream) {
      teleprinter.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
