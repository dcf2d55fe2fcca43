// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/** How readers speak to a server. Publishers speak HTTP/1.1, over TLS where readers do. */
public enum Transport {
  /** One connection a reader. */
  HTTP1(false, false),
  /** The same over TLS 1.3, AES-128-GCM for every server. */
  HTTP1_TLS(false, true),
  /** Many readers on one connection, which both ends know to be HTTP/2. */
  HTTP2(true, false),
  /** The same over TLS, agreed on by ALPN. */
  HTTP2_TLS(true, true);

  final boolean isHttp2;
  final boolean isTls;

  Transport(boolean isHttp2, boolean isTls) {
    this.isHttp2 = isHttp2;
    this.isTls = isTls;
  }
}
