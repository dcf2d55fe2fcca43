// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.soak;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The server as {@code bin/teleprinter} starts it, in a folder of its own, stopped and started
 * again now and then on the same port. Thread-safe.
 */
final class SoakedServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final Path program;
  private final Path folder;
  private final Map<String, String> environment;
  private final int port;

  private Process process; // guarded by this
  private int lives; // guarded by this

  SoakedServer(Path program, Path folder, String yaml, Map<String, String> environment)
      throws IOException {
    this.program = program;
    this.folder = folder;
    this.environment = Map.copyOf(environment);
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Files.writeString(folder.resolve("config.yaml"), yaml);
    start();
  }

  int port() {
    return port;
  }

  synchronized long pid() {
    return process.pid();
  }

  /** {@return how often it was started} */
  synchronized int lives() {
    return lives;
  }

  /** Where its journal is. */
  Path data() {
    return folder.resolve("data");
  }

  /** {@return the file it prints to} */
  Path output() {
    return folder.resolve("output.log");
  }

  synchronized boolean isAlive() {
    return process.isAlive();
  }

  private synchronized void start() throws IOException {
    var builder =
        new ProcessBuilder(
            program.toString(), "--port", "" + port, "--config", folder + "/config.yaml");
    builder.directory(folder.toFile()).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output().toFile()));
    builder.environment().keySet().removeIf(name -> name.matches("(OPENAI|TELEPRINTER)_.*"));
    builder.environment().putAll(environment);
    process = builder.start();
    lives++;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!listens()) {
      if (System.nanoTime() > end || !process.isAlive()) {
        throw new IOException("server: does not listen:\n" + Files.readString(output()));
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  private boolean listens() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends it, by SIGTERM or by SIGKILL, and starts it again over the same data. */
  synchronized void restart(boolean gracefully) throws IOException {
    end(gracefully);
    start();
  }

  private synchronized void end(boolean gracefully) throws IOException {
    if (gracefully) {
      process.destroy();
    } else {
      process.destroyForcibly();
    }
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("server: does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    end(true);
  }
}
