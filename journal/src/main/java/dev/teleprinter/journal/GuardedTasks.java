// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Handles a failure on a thread that must not end: a bug is logged and the work goes on; an error
 * of the machine (no memory, a class that cannot be loaded) is handed to the thread's uncaught
 * exception handler, which ends the process. An executor would keep both to itself, and run a
 * periodic task never again. Stateless.
 */
final class GuardedTasks {
  private GuardedTasks() {}

  /** {@return the task, which outlives its bugs} */
  static Runnable guarded(Logger log, String failure, Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (VirtualMachineError | LinkageError e) {
        hand(e);
        throw e;
      } catch (RuntimeException | Error e) {
        log.log(Level.ERROR, failure, e);
      }
    };
  }

  /** Hands an error to the current thread's handler. */
  private static void hand(Error e) {
    var thread = Thread.currentThread();
    thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
  }
}
