// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls to another server over TLS, and by way of a proxy. */
@Timeout(30)
class OutboundTlsProtocolTest extends OutboundPeers {
  @Test
  void tlsIsCheckedForTheHostsNameAndItsIssuer(@TempDir Path folder) throws Exception {
    var tls = new SelfSigned(folder); // for localhost and 127.0.0.1
    try (var known = safe(tls, "127.0.0.1");
        var misnamed = safe(tls, "127.0.0.2");
        var untrusted = safe(tls, "127.0.0.1")) {
      assertThat(get(client("https://localhost:" + known.getLocalPort(), null, tls.client)))
          .isEqualTo("safe");
      assertThatThrownBy(
              () -> get(client("https://127.0.0.2:" + misnamed.getLocalPort(), null, tls.client)))
          .isInstanceOf(SSLHandshakeException.class)
          .hasStackTraceContaining("127.0.0.2");
      assertThatThrownBy(() ->
              get(
                  client(
                      "https://localhost:" + untrusted.getLocalPort(),
                      null,
                      SSLContext.getDefault())))
          .isInstanceOf(SSLHandshakeException.class)
          .hasStackTraceContaining("path");
    }
  }

  private ServerSocket safe(SelfSigned tls, String address) throws IOException {
    var socket =
        tls.server()
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getByName(address));
    serve(socket, replying(sized("safe")));
    return socket;
  }

  @Test
  void aProxyIsAskedForTheWholeAddress() throws Exception {
    serve(listener, replying(sized("by proxy")));
    assertThat(get(client("http://upstream.invalid/v1", proxy(), null))).isEqualTo("by proxy");
    assertThat(heads.take())
        .startsWith("GET http://upstream.invalid/v1/x?a=b HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nHost: upstream.invalid\r\n");
  }

  @Test
  void tlsGoesThroughAProxysTunnel(@TempDir Path folder) throws Exception {
    var tls = new SelfSigned(folder);
    try (var safe = safe(tls, "127.0.0.1")) {
      serve(
          listener,
          socket -> {
            readHead(socket);
            write(socket, "HTTP/1.1 200 Connected\r\n\r\n");
            try (var to = new Socket(listener.getInetAddress(), safe.getLocalPort())) {
              var back = Thread.ofVirtual().start(() -> pipe(to, socket));
              pipe(socket, to);
              back.join();
            }
          });
      assertThat(get(client("https://localhost:9", proxy(), tls.client))).isEqualTo("safe");
      assertThat(heads.take()).startsWith("CONNECT localhost:9 HTTP/1.1\r\n");
    }
  }

  private static void pipe(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      assertThat(e).isNotNull(); // one of the two has closed: that is how it ends
    }
  }

  private ProxySelector proxy() {
    var proxy =
        new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", listener.getLocalPort()));
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI uri) {
        return List.of(proxy);
      }

      @Override
      public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        throw new AssertionError(failure);
      }
    };
  }
}
