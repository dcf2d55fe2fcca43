// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.channel.Channel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The things that one HTTP/1 connection awaits of its peer, and until when: a head, a body, the
 * peer taking a reply, a next request. Confined to the event loop. docs/operations.md has the
 * table.
 */
final class Http1Deadlines {
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ServerContext server;
  private final Channel channel;
  private final Deadline deadline;
  private @Nullable WriteWatch watch; // once the socket has not taken a reply at once
  private boolean idleSoon; // when the socket has taken what is written
  private boolean headAwaited; // within the request timeout

  /**
   * For a connection that has said nothing yet.
   *
   * @param deadline closes the connection when it is reached
   */
  Http1Deadlines(ServerContext server, Channel channel, Deadline deadline) {
    this.server = server;
    this.channel = channel;
    this.deadline = deadline;
    awaitHead();
  }

  private void awaitHead() {
    headAwaited = true;
    idleSoon = false;
    awaitRequest();
  }

  /** More of a request: within the request timeout from now. */
  void awaitRequest() {
    deadline.set(server.config().timeouts().request().toNanos());
  }

  /** A head is there. Its body may follow. */
  void headTaken() {
    idleSoon = false;
    headAwaited = false;
    awaitRequest();
  }

  /** Nothing of the peer, for now. */
  void awaitNothing() {
    deadline.clear();
  }

  /** The request is answered: the next one is awaited once the reply has left. */
  void answered() {
    idleSoon = true;
    deadline.clear();
  }

  /** The rest of a body that nobody wants gets a moment to arrive. */
  void awaitRest() {
    deadline.set(DRAIN_NANOS);
  }

  /** Whether replies wait for the peer: then a watch runs until the socket has taken them. */
  boolean maybeWatch(Runnable onWritten) {
    if (WriteWatch.unwritten(channel) == 0) {
      return false;
    }
    if (watch == null) {
      watch =
          new WriteWatch(
              channel,
              server.delivery(channel.eventLoop()).tcpInfo(),
              server.ticker(),
              server.config().timeouts().write().toNanos(),
              onWritten);
    }
    watch.start();
    return true;
  }

  /**
   * Nothing is being answered and nothing waits to leave.
   *
   * @param midHead whether a part of a head is there
   */
  void idle(boolean midHead) {
    if (midHead && !headAwaited) {
      awaitHead();
    } else if (idleSoon) {
      idleSoon = false;
      deadline.set(server.config().timeouts().keepAlive().toNanos());
    }
  }

  /** No more: the connection is closed, or is a subscriber, whose outlet has its own. */
  void stop() {
    deadline.stop();
    if (watch != null) {
      watch.stop();
    }
  }
}
