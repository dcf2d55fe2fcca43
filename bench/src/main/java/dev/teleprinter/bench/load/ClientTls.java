// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import io.netty.channel.Channel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The readers' and publishers' end of TLS: version 1.3, AES-128-GCM first, which servers take, so
 * that all do the same work. It trusts whatever answers on loopback. Stateless.
 */
final class ClientTls {
  private ClientTls() {}

  private static final class Contexts {
    private static final SslContext HTTP1 = context(null);
    private static final SslContext HTTP2 =
        context(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                "h2"));
  }

  /** Puts TLS in front if the transport has it. */
  static void addTo(Channel channel, Transport transport) {
    if (transport.isTls) {
      var context = transport.isHttp2 ? Contexts.HTTP2 : Contexts.HTTP1;
      channel.pipeline().addLast(context.newHandler(channel.alloc()));
    }
  }

  private static SslContext context(@Nullable ApplicationProtocolConfig protocols) {
    try {
      return SslContextBuilder.forClient()
          .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .endpointIdentificationAlgorithm("")
          .protocols("TLSv1.3")
          .applicationProtocolConfig(protocols)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS is not to be had", e);
    }
  }
}
