// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.JournalConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the server agrees on with TLS clients. */
@Timeout(60)
class TlsProtocolTest {
  @TempDir Path folder;

  /** RFC 9325 4.1 and 4.2. */
  @Test
  void agreesOnForwardSecrecyOnly() throws Exception {
    var tls = new SelfSigned(folder);
    var config = ServerConfig.defaults().withHost("localhost").withTls(tls.files);
    try (var hub = new TestHub(config, JournalConfig.defaults())) {
      assertThat(suite(hub, tls, "TLSv1.3", "TLS_AES_128_GCM_SHA256")).startsWith("TLS_AES_128");
      for (var suite : tls.client.getSupportedSSLParameters().getCipherSuites()) {
        if (!suite.startsWith("TLS_ECDHE_ECDSA") && !suite.startsWith("TLS_ECDH_ECDSA")) {
          continue; // not with its certificate
        }
        boolean good =
            suite.startsWith("TLS_ECDHE")
                && (suite.contains("_GCM_") || suite.contains("CHACHA20_POLY1305"));
        if (good) {
          assertThat(suite(hub, tls, "TLSv1.2", suite)).isEqualTo(suite);
        } else if (isEnabled(tls, suite)) {
          assertThatThrownBy(() -> suite(hub, tls, "TLSv1.2", suite))
              .as(suite)
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  private static boolean isEnabled(SelfSigned tls, String suite) {
    return Arrays.asList(tls.client.getDefaultSSLParameters().getCipherSuites()).contains(suite);
  }

  private static String suite(TestHub hub, SelfSigned tls, String version, String suite)
      throws IOException {
    try (var socket =
        (SSLSocket) tls.client.getSocketFactory().createSocket("localhost", hub.server.port())) {
      socket.setEnabledProtocols(new String[] {version});
      socket.setEnabledCipherSuites(new String[] {suite});
      socket.startHandshake();
      return socket.getSession().getCipherSuite();
    }
  }
}
