// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final Path MODULE = Path.of("/usr/lib/nginx/modules/ngx_nchan_module.so");
  private static final String SERVED =
      """
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
      """;

  @Override
  public boolean resumes() {
    return true;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    if (!Nginx.isInstalled() || !Files.exists(MODULE)) {
      throw new SkippedException("nchan: not installed (Debian: nginx, libnginx-mod-nchan)");
    }
    Files.createDirectories(folder);
    var on = cores == null ? core : cores;
    int workers = Nginx.workers(on);
    var tls = transport == Transport.HTTP1_TLS ? tls(folder) : "";
    var served = SERVED.formatted(port, tls.isEmpty() ? "" : " ssl", tls);
    var process = Nginx.start(folder, on, port, "load_module %s;".formatted(MODULE), served);
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
