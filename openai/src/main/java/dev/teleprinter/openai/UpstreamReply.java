// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.jspecify.annotations.Nullable;

/**
 * The head of an upstream's reply, and its body read by blocking. Confined to its reader, except
 * {@link #abort}.
 *
 * <p>It holds a connection until the body was read to its end, which gives the connection back, or
 * until it is aborted, which closes it. What arrived before a connection broke is read first.
 */
final class UpstreamReply {
  private final HttpUriRequestBase request;
  private final ClassicHttpResponse head;
  private final InputStream body;

  UpstreamReply(HttpUriRequestBase request, ClassicHttpResponse head) throws IOException {
    this.request = request;
    this.head = head;
    var entity = head.getEntity();
    this.body = entity == null ? InputStream.nullInputStream() : entity.getContent();
  }

  int status() {
    return head.getCode();
  }

  /** {@return the header's first value, if it has one} */
  @Nullable String header(String name) {
    var header = head.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }

  Header[] headers() {
    return head.getHeaders();
  }

  /**
   * Reads what is there, or waits for it. Returns how many bytes, -1 at the end.
   *
   * @throws IOException when the connection broke, after all that came before, or was aborted
   */
  int read(byte[] into) throws IOException {
    int count = body.read(into);
    if (request.isCancelled()) {
      throw new IOException("aborted");
    }
    return count;
  }

  /** The whole body; null when it is longer than {@code bytesMax}. Blocks. Throws as above. */
  byte @Nullable [] readAll(int bytesMax) throws IOException {
    var all = body.readNBytes(bytesMax + 1);
    if (request.isCancelled()) {
      throw new IOException("aborted");
    }
    return all.length > bytesMax ? null : all;
  }

  /** Closes the connection under whoever reads, unless the body has ended. Any thread. */
  void abort() {
    request.abort();
  }
}
