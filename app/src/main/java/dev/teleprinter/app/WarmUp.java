// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.IOException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Does once, to no effect, what else is done for the first time when something fails. The first
 * line of a log opens a file (the time zones), and classes come from files: without a file
 * descriptor left, that would turn a failure that passes into one that stays. Stateless.
 */
final class WarmUp {
  private WarmUp() {}

  /** Formats a record with an exception by each handler of the log, and opens every jar. */
  static void run() {
    var entry = new LogRecord(Level.SEVERE, "{0}");
    entry.setParameters(new Object[] {1L});
    entry.setLoggerName("dev.teleprinter");
    entry.setThrown(new IOException("nothing", new IllegalStateException("nothing")));
    for (var handler : Logger.getLogger("").getHandlers()) {
      format(handler, entry);
    }
    // A name that no jar has: all of them are opened to look for it, and stay open.
    if (ClassLoader.getSystemResource("dev/teleprinter/no-such-resource") != null) {
      throw new IllegalStateException("no-such-resource: found (expected: nothing)");
    }
  }

  private static void format(Handler handler, LogRecord entry) {
    var formatter = handler.getFormatter();
    if (formatter != null) {
      formatter.format(entry);
    }
  }
}
