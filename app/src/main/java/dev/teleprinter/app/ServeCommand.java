// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Serves until the process is told to stop. Stateless. */
final class ServeCommand {
  private static final long MEMORY_MIN = 512L << 20;

  private ServeCommand() {}

  /** {@return the exit status once it has stopped: 2 when it could not start as asked} */
  static int run(
      ServeOptions options, Map<String, String> environment, PrintStream out, PrintStream err) {
    App app;
    try {
      var asked = Settings.read(options, environment);
      var descriptors = Descriptors.ofProcess();
      var settings = asked.fitting(descriptors);
      app = App.start(settings);
      warn(asked, settings, descriptors, err);
      out.println(app.greeting());
    } catch (UsageException e) {
      err.println("teleprinter: " + e.getMessage());
      return 2;
    }
    return await(app, err);
  }

  private static void warn(
      Settings asked, Settings settings, Descriptors descriptors, PrintStream err) {
    int connections = asked.server().limits().connectionsMax();
    if (settings.server().limits().connectionsMax() < connections) {
      err.printf(
          "teleprinter: limits.connections: %,d need %,d file descriptors, and there are %,d:"
              + " %,d are served (remedy: raise ulimit -n, or lower limits.connections)%n",
          connections,
          asked.descriptorsWanted(),
          descriptors.limit(),
          settings.server().limits().connectionsMax());
    }
    long total = MemoryShares.ofProcess().total();
    if (total > 0 && total < MEMORY_MIN) {
      err.printf(
          "teleprinter: memory: %d MiB for the process (expected: 512 MiB or more)%n", total >> 20);
    }
  }

  private static int await(App app, PrintStream err) {
    var stop = new Stop(app::close, app.stopMax(), err, Runtime.getRuntime()::halt);
    try {
      // The runtime ends the process once its hooks are through: this one is the way to stop.
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("tp-stop").unstarted(stop));
      Thread.ofPlatform()
          .name("tp-warm-0")
          .daemon()
          .start(() -> {
            FatalErrors.serve();
            WarmUp.run();
          });
      new CountDownLatch(1).await();
    } catch (IllegalStateException e) {
      app.close(); // it was told to stop while it started
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
