// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process by an {@link Error} that leaves it half alive: one line on standard error, then
 * exit status {@value #STATUS}, without cleaning up. The journal is made for that. Thread-safe.
 *
 * <p>Errors come here in two ways, so that no other module must know of this one. A thread, of the
 * platform or virtual, ends by an error that nobody caught. Or an error was caught to keep a loop
 * or the appender going, by Netty or by us: all of those write it to the log, where this listens.
 *
 * <p>Not fatal is what concerns one task only: a stack that is too deep, and direct memory that is
 * used up, which is declined by Java code that goes on.
 */
final class FatalErrors extends Handler implements Thread.UncaughtExceptionHandler {
  /** Internal software error, {@code EX_SOFTWARE} of sysexits(3). */
  static final int STATUS = 70;

  private static final byte[] BARE =
      "teleprinter: ended with status 70 by an error that cannot be described\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final int CAUSES_MAX = 16;
  private static final int FRAMES_MAX = 4;
  private static final String OWN_THREADS = "tp-";

  private final OutputStream err;
  private final IntConsumer halt;
  private volatile boolean serving;

  private FatalErrors(OutputStream err, IntConsumer halt) {
    this.err = err;
    this.halt = halt;
  }

  /** With its own ways to speak and to end. */
  static FatalErrors ofServer(OutputStream err, IntConsumer halt) {
    var errors = new FatalErrors(err, halt);
    errors.serving = true;
    return errors;
  }

  /** Hears of every thread that ends by an error, until the process ends. */
  static void install() {
    var err = new FileOutputStream(FileDescriptor.err); // unbuffered, and without a lock
    Thread.setDefaultUncaughtExceptionHandler(new FatalErrors(err, Runtime.getRuntime()::halt));
  }

  /**
   * From now on this process serves, if this was installed: the end of one of the server's threads
   * ends the process, and so does an error in the log. Takes a while: the log is set up for it.
   */
  static void serve() {
    if (Thread.getDefaultUncaughtExceptionHandler() instanceof FatalErrors errors) {
      errors.serving = true;
      Logger.getLogger("").addHandler(errors);
    }
  }

  /** {@return the error that ends the process, among a throwable and its causes; or null} */
  static @Nullable Error fatal(@Nullable Throwable thrown) {
    var next = thrown;
    for (int i = 0; next != null && i < CAUSES_MAX; i++) {
      if (next instanceof Error error && !isOfOneTask(error)) {
        return error;
      }
      next = next.getCause();
    }
    return null;
  }

  private static boolean isOfOneTask(Error error) {
    return error instanceof StackOverflowError
        || (error instanceof OutOfMemoryError
            && String.valueOf(error.getMessage()).contains("direct"));
  }

  @Override
  public void uncaughtException(Thread thread, Throwable thrown) {
    boolean isOwn = serving && !thread.isVirtual() && thread.getName().startsWith(OWN_THREADS);
    var error = fatal(thrown);
    if (error != null) {
      end(error, thread);
    } else if (isOwn) { // what it did, nobody does any more
      end(thrown, thread);
    } else {
      Log.LOG.log(
          System.Logger.Level.ERROR, "thread " + thread.getName() + " ended by an error", thrown);
    }
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getThrown() != null) {
      var error = fatal(entry.getThrown());
      if (error != null) {
        end(error, Thread.currentThread());
      }
    }
  }

  private void end(Throwable error, Thread thread) {
    try {
      err.write(describe(error, thread));
    } catch (IOException | RuntimeException | Error e) { // there may be no memory for it
      endBare();
    } finally {
      halt.accept(STATUS);
    }
  }

  private void endBare() {
    try {
      err.write(BARE);
    } catch (IOException e) {
      halt.accept(STATUS); // without a word: nobody reads standard error
    }
  }

  private static byte[] describe(Throwable error, Thread thread) {
    var line = new StringBuilder("teleprinter: ended with status ").append(STATUS).append(" by ");
    line.append(error.toString().replaceAll("\\s+", " "));
    line.append(" (thread ").append(thread.getName());
    var root = error;
    for (int i = 0; root.getCause() != null && i < CAUSES_MAX; i++) {
      root = root.getCause();
    }
    if (!root.equals(error)) {
      line.append(", caused by ").append(root.toString().replaceAll("\\s+", " "));
    }
    var stack = root.getStackTrace();
    for (int i = 0; i < Math.min(FRAMES_MAX, stack.length); i++) {
      line.append(i == 0 ? ", at " : " < ").append(stack[i]);
    }
    return line.append(")\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}

  /** Loads nothing of the log before it is needed. */
  private static final class Log {
    static final System.Logger LOG = System.getLogger("dev.teleprinter.app");
  }
}
