// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** TLS 1.2 and 1.3 with ALPN for HTTP/2 and HTTP/1.1, by BoringSSL where its native is there. */
final class Tls {
  private Tls() {}

  /**
   * Reads the files; null for null. Throws {@link IllegalArgumentException} if they are no good.
   */
  static @Nullable SslContext context(ServerConfig.@Nullable TlsFiles files) {
    if (files == null) {
      return null;
    }
    try {
      return SslContextBuilder.forServer(files.certificate().toFile(), files.key().toFile())
          .protocols("TLSv1.3", "TLSv1.2")
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "tls: "
              + files.certificate()
              + ", "
              + files.key()
              + " (expected: a PEM certificate chain and its PKCS#8 key)",
          e);
    }
  }
}
