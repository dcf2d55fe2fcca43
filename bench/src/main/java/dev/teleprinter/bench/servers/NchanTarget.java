// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * nchan, the nginx module, as Debian packages it: no logs, and buffers that hold what a run
 * publishes, so that it need not forget. Immutable.
 *
 * @param name its name
 * @param transport of its readers
 * @param cores where it runs, a worker for each; null for the one core that every server has
 */
record NchanTarget(String name, Transport transport, @Nullable String cores) implements Target {
  private static final Path NGINX = Path.of("/usr/sbin/nginx");
  private static final Path MODULE = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");
  private static final String CONFIGURATION =
      """
      load_module %s;
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
        nchan_shared_memory_size 512m;
        server {
          listen 127.0.0.1:%d%s backlog=4096;
          %s
          location ~ ^/sub/(.+)$ {
            nchan_subscriber eventsource;
            nchan_channel_id $1;
            nchan_channel_id_split_delimiter ",";
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
  public boolean resumes() {
    return true;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    if (!Files.exists(NGINX) || !Files.exists(MODULE)) {
      throw new SkippedException("nchan: not installed (Debian: nginx, libnginx-mod-nchan)");
    }
    Files.createDirectories(folder);
    var on = cores == null ? core : cores;
    int workers = on.split(",").length;
    // The worker must be able to use the folder, which belongs to whoever runs this.
    var user = System.getProperty("user.name").equals("root") ? "user root;" : "";
    var file = folder.resolve("nginx.conf");
    var tls = transport == Transport.HTTP1_TLS ? tls(folder) : "";
    Files.writeString(
        file,
        CONFIGURATION.formatted(MODULE, user, workers, port, tls.isEmpty() ? "" : " ssl", tls));
    var process =
        ServerProcess.start(
            folder,
            on,
            Map.of(),
            List.of(
                NGINX.toString(), "-p", folder.toString(), "-e", "stderr", "-c", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(10));
    return new Started(
        process,
        new PathHub(port, transport),
        "%s, %s, %d worker%s, 512 MiB of shared memory, 4,000 messages a channel%s"
            .formatted(
                Versions.ofPackage("nginx"),
                Versions.ofPackage("libnginx-mod-nchan"),
                workers,
                workers == 1 ? "" : "s",
                tls.isEmpty() ? "" : ", TLS 1.3"));
  }

  private static String tls(Path folder) throws IOException, InterruptedException {
    var certificate = Certificate.in(folder);
    return "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.3;"
        .formatted(certificate.chain(), certificate.key());
  }
}
