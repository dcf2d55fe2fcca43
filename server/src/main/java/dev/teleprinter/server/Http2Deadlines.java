// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayList;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

/**
 * The deadlines of one HTTP/2 connection and of its streams, with one timer: whatever begins to be
 * awaited says by when to look, and a look at everything that is awaited says when the next one is.
 * A connection on which only subscribers are has none. Confined to its event loop.
 */
final class Http2Deadlines {
  /** Nothing is awaited. */
  static final long NEVER = Long.MAX_VALUE;

  /** A connection over the limit. */
  static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long LOOKS_APART_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Http2Session session;
  private final Http2Frames frames;
  private final Collection<Http2Exchange> exchanges;
  private final Ticker ticker;
  private final ServerConfig.Timeouts timeouts;
  private final Deadline deadline;
  private final long startedNanos;

  private boolean isWatching;
  private long lookNanos; // when the next look is
  private boolean isSettled; // both sides' SETTINGS have been exchanged
  private long idleSinceNanos;
  private boolean ended;

  /**
   * For a connection that has just begun.
   *
   * @param exchanges its streams, as they come and go
   */
  Http2Deadlines(Http2Session session, Collection<Http2Exchange> exchanges) {
    var server = session.server();
    this.session = session;
    this.frames = session.frames();
    this.exchanges = exchanges;
    this.ticker = server.ticker();
    this.timeouts = server.config().timeouts();
    this.deadline = new Deadline(session.context().channel().eventLoop(), ticker, this::look);
    this.startedNanos = ticker.nanos();
    this.idleSinceNanos = startedNanos;
    watch(Math.min(startLeft(startedNanos), idleLeft(startedNanos)));
  }

  /** Looks again in so many nanoseconds at the latest. */
  void watch(long nanos) {
    long at = ticker.nanos() + nanos;
    if (!ended && (!isWatching || at - lookNanos < 0)) {
      isWatching = true;
      lookNanos = at;
      deadline.set(nanos);
    }
  }

  /** The peer has acknowledged our SETTINGS, after it sent its own. */
  void settled() {
    isSettled = true;
  }

  /** The last stream is gone. */
  void idle() {
    idleSinceNanos = ticker.nanos();
    watch(timeouts.keepAlive().toNanos());
  }

  /** There are no more. */
  void stop() {
    ended = true;
    deadline.stop();
  }

  private void look() {
    isWatching = false;
    long now = ticker.nanos();
    if (startLeft(now) <= 0) {
      end(
          session.isRefused() ? Http2Error.NO_ERROR : Http2Error.SETTINGS_TIMEOUT,
          "start: too slow");
    } else if (frameLeft(now) <= 0) {
      end(Http2Error.NO_ERROR, "frame: not whole within the request timeout");
    } else if (idleLeft(now) <= 0) {
      end(Http2Error.NO_ERROR, "no stream within the keep-alive timeout");
    } else {
      long left = Math.min(lookAtStreams(now), Math.min(frameLeft(now), idleLeft(now)));
      left = Math.min(left, startLeft(now));
      if (left != NEVER && !ended) {
        watch(Math.max(left, LOOKS_APART_NANOS));
      }
    }
  }

  private void end(Http2Error error, String reason) {
    stop();
    session.end(error, reason);
  }

  private long startLeft(long now) {
    long requestNanos = timeouts.request().toNanos();
    if (session.isRefused()) {
      return Math.min(requestNanos, REFUSED_NANOS) - (now - startedNanos);
    }
    return isSettled ? NEVER : requestNanos - (now - startedNanos);
  }

  private long frameLeft(long now) {
    return frames.isUnfinished()
        ? timeouts.request().toNanos() - (now - frames.sinceNanos())
        : NEVER;
  }

  private long idleLeft(long now) {
    return exchanges.isEmpty() ? timeouts.keepAlive().toNanos() - (now - idleSinceNanos) : NEVER;
  }

  /** Resets streams whose time is over. Returns the least that any other has left. */
  private long lookAtStreams(long now) {
    long least = NEVER;
    int stuck = 0;
    var over = new ArrayList<Http2Exchange>(0);
    for (var exchange : exchanges) {
      long left = exchange.left(now);
      if (left <= 0) {
        over.add(exchange);
        stuck += exchange.isReplying() ? 1 : 0;
      } else {
        least = Math.min(least, left);
      }
    }
    if (stuck > 0 && stuck == exchanges.size()) {
      // The connection as a whole takes nothing.
      end(Http2Error.NO_ERROR, "replies: not taken within the write timeout");
      return NEVER;
    }
    over.forEach(Http2Exchange::expire);
    return over.isEmpty() || !exchanges.isEmpty() ? least : idleLeft(now);
  }
}
