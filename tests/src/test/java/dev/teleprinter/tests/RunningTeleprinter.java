// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The real program in a process of its own, on a free loopback port, in an empty temporary folder.
 * It inherits nothing from the machine's environment that could configure it. Thread-safe.
 *
 * <pre>{@code
 * try (var teleprinter = RunningTeleprinter.start("timeouts: {heartbeat: 100ms}")) {
 *   page.navigate(teleprinter.url("/").toString());
 * }
 * }</pre>
 */
public final class RunningTeleprinter implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path folder;
  private final Map<String, String> environment;
  private final Launch launch;
  private final Process process;
  private final StringBuffer output = new StringBuffer();
  private final CompletableFuture<URI> url = new CompletableFuture<>();
  private final Thread listener;

  /**
   * How the process is started. Immutable.
   *
   * @param javaOptions after the usual ones, which they override
   * @param descriptorsMax what {@code ulimit -n} says; 0 for what it says anyhow
   */
  public record Launch(List<String> javaOptions, int descriptorsMax) {
    /** As most tests want it. */
    public static final Launch USUAL = new Launch(List.of(), 0);

    public Launch {
      javaOptions = List.copyOf(javaOptions);
    }

    private List<String> command(Path folder, int port) {
      var command = new ArrayList<String>();
      if (descriptorsMax > 0) {
        command.addAll(List.of("sh", "-c", "ulimit -n " + descriptorsMax + "; exec \"$@\"", "sh"));
      }
      command.addAll(RunningTeleprinter.command(folder, port));
      command.addAll(command.indexOf("-cp"), javaOptions);
      return command;
    }
  }

  private RunningTeleprinter(Path folder, Map<String, String> environment, Launch launch, int port)
      throws IOException {
    this.folder = folder;
    this.environment = environment;
    this.launch = launch;
    var builder = new ProcessBuilder(launch.command(folder, port)).redirectErrorStream(true);
    builder.directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("(OPENAI|TELEPRINTER|JAVA)_.*"));
    builder.environment().putAll(environment);
    this.process = builder.start();
    this.listener = Thread.ofVirtual().name("output").start(this::listen);
  }

  /** Starts it without any configuration: it has the upstream {@code demo} only. */
  public static RunningTeleprinter start() {
    return start("");
  }

  /** Starts it with a configuration file's text; it serves when this returns. */
  public static RunningTeleprinter start(String yaml) {
    return start(yaml, Map.of());
  }

  /** Starts it with a configuration file's text and variables of the environment. */
  public static RunningTeleprinter start(String yaml, Map<String, String> environment) {
    return start(yaml, environment, Launch.USUAL);
  }

  /** The same, with a process that is started otherwise. */
  public static RunningTeleprinter start(
      String yaml, Map<String, String> environment, Launch launch) {
    try {
      var folder = Files.createTempDirectory("teleprinter-");
      Files.writeString(folder.resolve("config.yaml"), yaml);
      return new RunningTeleprinter(folder, environment, launch, 0).serving();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it as a shell would after {@code ulimit -n}: with so many file descriptors at most. */
  public static RunningTeleprinter startWithin(int descriptors, String yaml) {
    return start(yaml, Map.of(), new Launch(List.of(), descriptors));
  }

  /** Stops this one if it still runs and starts it again: same port, configuration and folder. */
  public RunningTeleprinter again() {
    stop();
    try {
      return new RunningTeleprinter(folder, environment, launch, port()).serving();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command that starts it, configured by {@code config.yaml} in a folder. */
  static List<String> command(Path folder, int port) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-ea", "-Xmx512m", "-XX:MaxDirectMemorySize=1g"));
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.add("-Dio.netty.leakDetection.level=paranoid");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dev.teleprinter.app.Main", "--port", Integer.toString(port)));
    command.addAll(List.of("--config", folder.resolve("config.yaml").toString()));
    return command;
  }

  private void listen() {
    try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        output.append(line).append('\n');
        if (line.strip().startsWith("open ")) {
          url.complete(URI.create(line.strip().substring(5).strip()));
        }
      }
      url.completeExceptionally(new IllegalStateException("teleprinter ended:\n" + output));
    } catch (IOException e) {
      url.completeExceptionally(e);
    }
  }

  private RunningTeleprinter serving() {
    try {
      url.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return this;
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      kill();
      throw new IllegalStateException("teleprinter did not start:\n" + output, e);
    }
  }

  /** The address of a path, which begins with a slash. */
  public URI url(String path) {
    return url.join().resolve(path);
  }

  public int port() {
    return url.join().getPort();
  }

  /** The number of its process. */
  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Where its configuration is and, unless that says otherwise, its data. */
  public Path folder() {
    return folder;
  }

  /** What it has printed so far, on both streams. */
  public String output() {
    return output.toString();
  }

  /** The processor time it has used so far. */
  public Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Asks it to stop, as a service manager does, without waiting for it. */
  public void terminate() {
    process.destroy();
  }

  /** Stops it gracefully and waits until it is gone. Idempotent. */
  public void stop() {
    terminate();
    awaitEnd();
  }

  /** Kills it on the spot and waits until it is gone. Idempotent. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(PATIENCE)) {
        process.destroyForcibly();
        throw new IllegalStateException("teleprinter does not stop:\n" + output);
      }
      listener.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Stops it if it still runs; a leaked buffer is an error. */
  @Override
  public void close() {
    stop();
    if (Files.exists(folder)) { // else closed before
      delete();
    }
    if (output.indexOf("LEAK:") >= 0) {
      throw new IllegalStateException("leaked:\n" + output);
    }
  }

  private void delete() {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
