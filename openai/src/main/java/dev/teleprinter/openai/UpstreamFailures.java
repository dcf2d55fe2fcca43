// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.openai.UpstreamException.Kind;
import dev.teleprinter.server.BadReplyException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;

/**
 * The sentences that say how an upstream failed. Immutable.
 *
 * @param name the upstream's
 */
record UpstreamFailures(String name) {
  /** The upstream sent something that must not be read: "sent …". */
  UpstreamException invalid(String fault) {
    return new UpstreamException(Kind.INVALID, "The upstream '%s' %s.".formatted(name, fault));
  }

  /** Its reply breaks HTTP. */
  UpstreamException broke(BadReplyException cause) {
    return invalid("broke HTTP: " + cause.getMessage());
  }

  /** It took too long: "sent nothing for", and how long. */
  UpstreamException late(Kind kind, String how, Duration limit) {
    return new UpstreamException(
        kind, "The upstream '%s' %s %d s.".formatted(name, how, limit.toSeconds()));
  }

  /** It broke off: "in mid-reply". */
  UpstreamException cut(Kind kind, String where) {
    return new UpstreamException(kind, "The upstream '%s' broke off %s.".formatted(name, where));
  }

  UpstreamException cancelled() {
    return new UpstreamException(Kind.CUT, "The answer of '%s' was cancelled.".formatted(name));
  }

  /** No connection came about, or it broke before the reply. */
  UpstreamException unreachable(Exception cause) {
    var how =
        switch (cause) {
          case SocketTimeoutException e -> "did not accept a connection in time";
          case ConnectException e -> "refused the connection";
          case UnknownHostException e -> "has no address";
          case SSLException e -> "failed the TLS handshake";
          default -> "broke the connection before answering";
        };
    return new UpstreamException(Kind.UNREACHABLE, "The upstream '%s' %s.".formatted(name, how));
  }
}
