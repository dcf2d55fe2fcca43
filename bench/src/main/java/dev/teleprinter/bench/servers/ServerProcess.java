// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server that was started here and is ended here: also when this program is interrupted.
 * Thread-safe.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Set<ServerProcess> RUNNING = ConcurrentHashMap.newKeySet();
  private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

  private static volatile boolean ending;

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              ending = true;
              List.copyOf(RUNNING).forEach(ServerProcess::close);
            }));
  }

  private final Process process;
  private final Path log;
  private final long startedNanos;

  private ServerProcess(Process process, Path log, long startedNanos) {
    this.process = process;
    this.log = log;
    this.startedNanos = startedNanos;
  }

  /** Starts it on the cores given, its output going to a file in the folder. */
  static ServerProcess start(
      Path folder, String cores, Map<String, String> environment, List<String> command)
      throws IOException {
    Files.createDirectories(folder);
    var log = folder.resolve("output.log");
    var pinned = new ArrayList<>(List.of("taskset", "-c", cores));
    pinned.addAll(command);
    var builder = new ProcessBuilder(pinned).directory(folder.toFile()).redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    long now = System.nanoTime();
    var started = new ServerProcess(builder.start(), log, now);
    RUNNING.add(started);
    return started;
  }

  /** {@return whether this program is ending, and all servers with it} */
  public static boolean areEnding() {
    return ending;
  }

  /** {@return a port of loopback that was free a moment ago} */
  public static int freePort() throws IOException {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress("127.0.0.1", 0));
      return socket.getLocalPort();
    }
  }

  /** {@return when it was told to start, by {@link System#nanoTime}} */
  public long startedNanos() {
    return startedNanos;
  }

  /** Waits until it listens. */
  void awaitListening(int port, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
        return;
      } catch (IOException e) {
        if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
          throw new IOException("server: ended at once: " + lastLines(), e);
        }
        if (System.nanoTime() > end) {
          throw new IOException("server: does not listen: " + lastLines(), e);
        }
      }
    }
  }

  /** {@return the end of what it printed} */
  public String lastLines() throws IOException {
    var lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
  }

  /** Kills it and its children, as {@code kill -9} does. Waits until they are gone. */
  public void kill() throws InterruptedException {
    RUNNING.remove(this);
    var children = process.descendants().toList();
    process.destroyForcibly().waitFor();
    for (var child : children) {
      child.destroyForcibly();
      child.onExit().join();
    }
  }

  /** {@return CPU seconds that it and its children have used, in user and kernel} */
  public double cpuSeconds() {
    return pids().mapToLong(ServerProcess::ticks).sum() / TICKS_PER_SECOND;
  }

  /** {@return bytes of memory that it and its children hold} */
  public long residentBytes() {
    return pids().mapToLong(pid -> kibibytes(pid, "status", "VmRSS:") << 10).sum();
  }

  /** {@return the same with each page that processes share divided among them} */
  public long proportionalBytes() {
    return pids().mapToLong(pid -> kibibytes(pid, "smaps_rollup", "Pss:") << 10).sum();
  }

  private Stream<Long> pids() {
    return Stream.concat(Stream.of(process.pid()), process.descendants().map(ProcessHandle::pid));
  }

  private static long ticks(long pid) {
    // proc(5): fields 14 and 15; the name, field 2, may hold spaces and ends with a parenthesis.
    var stat = read("/proc/" + pid + "/stat");
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private static long kibibytes(long pid, String file, String field) {
    for (var line : read("/proc/" + pid + "/" + file).split("\n")) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }

  private static String read(String path) {
    try {
      return Files.readString(Path.of(path));
    } catch (IOException e) {
      throw new UncheckedIOException("server: gone? " + path, e);
    }
  }

  /** Ends it and its children. Waits a little, then kills. Idempotent. */
  @Override
  public void close() {
    if (!RUNNING.remove(this)) {
      return;
    }
    var children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
