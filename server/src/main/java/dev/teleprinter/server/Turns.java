// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * The subscribers of a loop that are behind: who just came, who has more to read than one pass
 * gives, whose socket takes again. Confined to the loop.
 *
 * <p>They are served in the order they came, some at a time; in between the loop does its other
 * work, sockets and passes over the others first. So a thousand who come back at once, with a
 * megabyte to catch up each, do not keep waiting those who need but the newest event.
 */
final class Turns {
  /** Serves one subscriber. */
  interface Server {
    /** Returns how many bytes it was sent. */
    long serve(Subscription subscription);
  }

  static final int BYTES_AT_ONCE = 512 << 10; // 0.2 ms or so
  private static final int BYTES_OF_ONE = 4 << 10; // that cost as much as to serve one at all

  private final Executor later;
  private final PassSends sends;
  private final Server server;
  private final Runnable done;
  private final Queue<Subscription> waiting = new ArrayDeque<>();
  private boolean scheduled;

  /**
   * Nobody is behind.
   *
   * @param later runs a task when the loop has looked at its sockets
   * @param done called each time that some were served
   */
  Turns(Executor later, PassSends sends, Server server, Runnable done) {
    this.later = later;
    this.sends = sends;
    this.server = server;
    this.done = done;
  }

  /** Has a subscriber served soon; until then no pass serves it. */
  void add(Subscription subscription) {
    if (subscription.awaitsTurn()) {
      return;
    }
    subscription.awaitTurn(true);
    waiting.add(subscription);
    maybeSchedule();
  }

  private void maybeSchedule() {
    if (!scheduled && !waiting.isEmpty()) {
      scheduled = true;
      later.execute(this::serve);
    }
  }

  private void serve() {
    sends.expect(waiting.size());
    long bytes = 0;
    try {
      for (int i = waiting.size(); i > 0 && bytes < BYTES_AT_ONCE; i--) {
        var next = waiting.remove();
        next.awaitTurn(false);
        bytes += BYTES_OF_ONE + server.serve(next);
      }
    } finally { // whatever happens to one, the others have their turn
      done.run();
      sends.flush();
      scheduled = false;
      maybeSchedule();
    }
  }
}
