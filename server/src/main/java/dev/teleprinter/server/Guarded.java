// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.util.concurrent.EventExecutor;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Work on a loop's timers. A scheduler keeps a failure in a future that nobody looks at, and never
 * again runs what it should repeat. Guarded work logs its failure instead, and is repeated. An
 * {@link Error} in the log ends the process, where the program says so. Stateless.
 */
final class Guarded {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.server");

  private Guarded() {}

  static void schedule(EventExecutor loop, Runnable task, long delay, TimeUnit unit) {
    loop.schedule(() -> run(task), delay, unit);
  }

  static void repeat(EventExecutor loop, Runnable task, long period, TimeUnit unit) {
    loop.scheduleAtFixedRate(() -> run(task), period, period, unit);
  }

  /** Runs it now. Throws nothing. */
  static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      log(e);
    }
  }

  static void log(Throwable failure) {
    LOG.log(Level.ERROR, "work of an event loop failed", failure);
  }
}
