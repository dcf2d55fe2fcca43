// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * nchan, the nginx module, as Debian packages it: one worker, no logs, and buffers that hold what a
 * run publishes, so that it need not forget. Immutable.
 */
final class NchanTarget implements Target {
  private static final Path NGINX = Path.of("/usr/sbin/nginx");
  private static final Path MODULE = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");
  private static final String CONFIGURATION =
      """
      load_module %s;
      %s
      daemon off;
      master_process on;
      worker_processes 1;
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
        nchan_shared_memory_size 512m;
        server {
          listen 127.0.0.1:%d backlog=4096;
          location ~ ^/sub/(.+)$ {
            nchan_subscriber eventsource;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
          }
          location ~ ^/pub/(.+)$ {
            nchan_publisher http;
            nchan_channel_id $1;
            nchan_message_buffer_length 4000;
            nchan_message_timeout 30s;
            client_max_body_size 1m;
            client_body_buffer_size 64k;
          }
        }
      }
      """;

  @Override
  public String name() {
    return "nchan";
  }

  @Override
  public Started start(Path folder, String cores) throws IOException, InterruptedException {
    if (!Files.exists(NGINX) || !Files.exists(MODULE)) {
      throw new SkippedException("nchan: not installed (Debian: nginx, libnginx-mod-nchan)");
    }
    int port = ServerProcess.freePort();
    Files.createDirectories(folder);
    // The worker must be able to use the folder, which belongs to whoever runs this.
    var user = System.getProperty("user.name").equals("root") ? "user root;" : "";
    var file = folder.resolve("nginx.conf");
    Files.writeString(file, CONFIGURATION.formatted(MODULE, user, port));
    var process =
        ServerProcess.start(
            folder,
            cores,
            Map.of(),
            List.of(
                NGINX.toString(), "-p", folder.toString(), "-e", "stderr", "-c", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process,
        new Paths(port),
        Versions.ofPackage("nginx")
            + ", "
            + Versions.ofPackage("libnginx-mod-nchan")
            + ", 1 worker, 512 MiB");
  }

  /** One path to read a topic and one to publish to it. Immutable. */
  record Paths(int port) implements Hub {
    @Override
    public String subscribe(String topic) {
      return get("/sub/" + topic);
    }

    @Override
    public String publish(String topic, String data) {
      return post("/pub/" + topic, "text/plain", data);
    }
  }
}
