// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Path;

/**
 * nginx before an upstream, told not to buffer: what relays answers where nobody needs to come back
 * to one. Immutable.
 *
 * @param upstreamPort whose answers it relays
 */
record NginxRelayTarget(int upstreamPort) implements Target {
  private static final String SERVED =
      """
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
    if (!Nginx.isInstalled()) {
      throw new SkippedException("nginx-relay: not installed (Debian: nginx)");
    }
    var process = Nginx.start(folder, core, port, "", SERVED.formatted(upstreamPort, port));
    return new Started(
        process,
        new PathHub(port),
        Versions.ofPackage("nginx") + ", 1 worker, proxy_buffering off, connections kept");
  }
}
