// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real nginx on a loopback port in front of another. Confined to one thread. */
final class Nginx implements AutoCloseable {
  private static final String CONFIGURATION =
      """
      daemon off;
      pid %1$s/pid;
      worker_processes 1;
      error_log stderr notice;
      events { worker_connections 256; }
      http {
        access_log off;
        client_body_temp_path %1$s/body;
        proxy_temp_path %1$s/proxy;
        fastcgi_temp_path %1$s/fastcgi;
        uwsgi_temp_path %1$s/uwsgi;
        scgi_temp_path %1$s/scgi;
        server {
          listen 127.0.0.1:%2$d;
          location / {
            proxy_pass http://127.0.0.1:%3$d;
            %4$s
          }
        }
      }
      """;

  private static final System.Logger LOG = System.getLogger(Nginx.class.getName());

  private final Path folder;
  private final int port;
  private final Process process;

  private Nginx(Path folder, int port, Process process) {
    this.folder = folder;
    this.port = port;
    this.process = process;
  }

  /** Starts it with these lines in its one location; it serves when this returns. */
  static Nginx before(int upstream, String lines) {
    var program = program();
    try {
      var folder = Files.createTempDirectory("nginx-");
      int port = freePort();
      var file = folder.resolve("nginx.conf");
      Files.writeString(file, CONFIGURATION.formatted(folder, port, upstream, lines));
      var process =
          new ProcessBuilder(program, "-e", "stderr", "-p", folder + "/", "-c", file.toString())
              .redirectErrorStream(true)
              .start();
      var nginx = new Nginx(folder, port, process);
      nginx.awaitWorkers();
      return nginx;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Debian keeps it where only the superuser's PATH looks. */
  private static String program() {
    var folders = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
    return Stream.of(folders.split(File.pathSeparator))
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElseGet(() -> {
          Tool.missing("nginx is not installed");
          return "";
        });
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  /** It listens before it starts its workers. */
  private void awaitWorkers() throws IOException {
    var said = new StringBuilder();
    var lines = process.inputReader(StandardCharsets.UTF_8);
    for (@Nullable String line = lines.readLine(); line != null; line = lines.readLine()) {
      said.append(line).append('\n');
      if (line.contains("start worker process ")) {
        Thread.ofVirtual().name("nginx").start(() -> drain(lines));
        return;
      }
    }
    close();
    throw new IOException("nginx ended:\n" + said);
  }

  private static void drain(Reader output) {
    try {
      output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      LOG.log(Level.TRACE, "nginx was stopped", e);
    }
  }

  URI url(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
      try (var files = Files.walk(folder)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
