// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP/1.1 connections to one upstream, kept for the next request where the last one left them
 * usable. Thread-safe.
 *
 * <p>It does what it is asked and no more: a request is sent once, and a reply comes as it is
 * (docs/decisions/0008-upstream-http-client.md). Nor does it watch the time, save while it
 * connects: whoever waits for a reply aborts it.
 */
final class UpstreamClient implements AutoCloseable {
  private static final TimeValue IDLE_MAX = TimeValue.ofSeconds(30);
  private static final int HEAD_LINE_BYTES_MAX = 64 << 10;
  private static final int HEAD_LINES_MAX = 256;

  private final HttpHost host;
  private final CloseableHttpClient client;

  UpstreamClient(URI baseUrl, Duration connectTimeout) {
    host = host(baseUrl);
    client =
        HttpClients.custom()
            .setConnectionManager(connections(connectTimeout))
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setResponseTimeout(Timeout.DISABLED)
                    .setDefaultKeepAlive(IDLE_MAX.getDuration(), IDLE_MAX.getTimeUnit())
                    .setProtocolUpgradeEnabled(false)
                    .build())
            .setProxySelector(ProxySelector.getDefault())
            .setUserAgent("teleprinter")
            .disableAuthCaching()
            .disableAutomaticRetries()
            .disableConnectionState()
            .disableContentCompression()
            .disableCookieManagement()
            .disableRedirectHandling()
            .evictIdleConnections(IDLE_MAX)
            .build();
  }

  /** Without an IPv6 address's brackets, which the library, left to it, would put on twice. */
  private static HttpHost host(URI url) {
    var name = url.getHost();
    boolean bracketed = name.startsWith("[");
    return new HttpHost(
        url.getScheme(), bracketed ? name.substring(1, name.length() - 1) : name, url.getPort());
  }

  private static HttpClientConnectionManager connections(Duration connectTimeout) {
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setMaxConnTotal(Integer.MAX_VALUE) // the upstream's places bound them
        .setMaxConnPerRoute(Integer.MAX_VALUE)
        .setTlsSocketStrategy(tls())
        .setDefaultSocketConfig(SocketConfig.custom().setSoTimeout(Timeout.DISABLED).build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(connectTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .setSocketTimeout(Timeout.DISABLED)
                .setValidateAfterInactivity(TimeValue.ZERO_MILLISECONDS) // that is, always
                .build())
        .setConnectionFactory(
            ManagedHttpClientConnectionFactory.builder()
                .http1Config(
                    Http1Config.custom()
                        .setMaxLineLength(HEAD_LINE_BYTES_MAX)
                        .setMaxHeaderCount(HEAD_LINES_MAX)
                        .build())
                .build())
        .build();
  }

  /** The JDK's own: its trust store, and its check of the host's name. */
  private static TlsSocketStrategy tls() {
    try {
      return new DefaultClientTlsStrategy(
          SSLContext.getDefault(),
          HostnameVerificationPolicy.BUILTIN,
          NoopHostnameVerifier.INSTANCE);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("TLS: not in this JDK", e);
    }
  }

  /**
   * Sends a request and waits for the head of its reply. Any thread may abort the request
   * meanwhile, and so end the wait.
   */
  UpstreamReply send(HttpUriRequestBase request) throws IOException {
    request.setAuthority(new URIAuthority(host));
    return new UpstreamReply(request, client.executeOpen(host, request, null));
  }

  /** Closes all connections, those in use too. Does not wait. Idempotent. */
  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }
}
