// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Debian's nginx without logs, in a folder of its own. Stateless. */
final class Nginx {
  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");
  private static final String CONFIGURATION =
      """
      %s
      %s
      daemon off;
      master_process on;
      worker_processes %d;
      worker_rlimit_nofile 20000;
      pid nginx.pid;
      error_log stderr crit;
      events { worker_connections 19900; use epoll; multi_accept on; }
      http {
        access_log off;
        sendfile on;
        tcp_nopush off;
        tcp_nodelay on;
        keepalive_timeout 75s;
        keepalive_requests 1000000000;
        client_body_temp_path body;
        proxy_temp_path proxy;
        fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        %s
      }
      """;

  private Nginx() {}

  static boolean isInstalled() {
    return Files.exists(PROGRAM);
  }

  /** {@return how many workers it has: one a core} */
  static int workers(String cores) {
    return cores.split(",").length;
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param modules lines that load modules
   * @param http what it serves, on that port of loopback
   */
  static ServerProcess start(Path folder, String cores, int port, String modules, String http)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    // The worker must be able to use the folder, which belongs to whoever runs this.
    var user = System.getProperty("user.name").equals("root") ? "user root;" : "";
    var file = folder.resolve("nginx.conf");
    Files.writeString(file, CONFIGURATION.formatted(modules, user, workers(cores), http));
    var command =
        List.of(PROGRAM.toString(), "-p", folder.toString(), "-e", "stderr", "-c", file.toString());
    var process = ServerProcess.start(folder, cores, Map.of(), command);
    process.awaitListening(port, Duration.ofSeconds(10));
    return process;
  }
}
