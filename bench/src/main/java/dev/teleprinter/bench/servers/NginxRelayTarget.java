// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * nginx before an upstream, told not to buffer: what relays answers where nobody needs to come back
 * to one. Immutable.
 *
 * @param upstreamPort whose answers it relays
 */
record NginxRelayTarget(int upstreamPort) implements Target {
  private static final Path NGINX = Path.of("/usr/sbin/nginx");
  private static final String CONFIGURATION =
      """
      daemon off;
      master_process on;
      worker_processes 1;
      worker_rlimit_nofile 20000;
      pid nginx.pid;
      error_log stderr crit;
      events { worker_connections 19900; use epoll; multi_accept on; }
      http {
        access_log off;
        tcp_nodelay on;
        keepalive_timeout 75s;
        keepalive_requests 1000000000;
        client_body_temp_path body;
        proxy_temp_path proxy;
        fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        upstream model { server 127.0.0.1:%d; keepalive 1000; }
        server {
          listen 127.0.0.1:%d backlog=4096;
          location / {
            proxy_pass http://model;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 1h;
          }
        }
      }
      """;

  @Override
  public String name() {
    return "nginx-relay";
  }

  @Override
  public boolean isHub() {
    return false;
  }

  @Override
  public boolean isRelay() {
    return true;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    if (!Files.exists(NGINX)) {
      throw new SkippedException("nginx-relay: not installed (Debian: nginx)");
    }
    Files.createDirectories(folder);
    var file = folder.resolve("nginx.conf");
    Files.writeString(file, CONFIGURATION.formatted(upstreamPort, port));
    var process =
        ServerProcess.start(
            folder,
            core,
            Map.of(),
            List.of(
                NGINX.toString(), "-p", folder.toString(), "-e", "stderr", "-c", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process,
        new PathHub(port),
        Versions.ofPackage("nginx") + ", 1 worker, proxy_buffering off, connections kept");
  }
}
