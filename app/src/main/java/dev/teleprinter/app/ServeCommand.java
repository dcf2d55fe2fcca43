// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Serves until the process is told to stop. Stateless. */
final class ServeCommand {
  private ServeCommand() {}

  /** {@return the exit status once it has stopped: 2 when it could not start as asked} */
  static int run(
      ServeOptions options, Map<String, String> environment, PrintStream out, PrintStream err) {
    App app;
    try {
      var settings = Settings.read(options, environment);
      var kept = whereDataIsKept(settings.dataDir());
      app = App.start(settings);
      out.println(app.greeting(kept));
    } catch (UsageException e) {
      err.println("teleprinter: " + e.getMessage());
      return 2;
    }
    return await(app);
  }

  private static int await(App app) {
    // The runtime ends the process once its hooks are through: this one is the way to stop.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("tp-stop").unstarted(app::close));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  /** A directory that could not be used is told now, not on the day when the disk is needed. */
  private static String whereDataIsKept(@Nullable Path directory) {
    if (directory == null) {
      return "in memory: it is gone when the server stops";
    }
    try {
      Files.createDirectories(directory);
      Files.delete(Files.createTempFile(directory, "teleprinter", ".probe"));
    } catch (IOException e) {
      throw new UsageException(
          "data directory: " + directory + " (expected: a directory this user may write to)");
    }
    return "in memory: it is gone when the server stops; this version writes nothing to "
        + directory;
  }
}
