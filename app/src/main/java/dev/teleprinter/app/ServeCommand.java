// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Serves until the process is told to stop. Stateless. */
final class ServeCommand {
  private ServeCommand() {}

  /** {@return the exit status once it has stopped: 2 when it could not start as asked} */
  static int run(
      ServeOptions options, Map<String, String> environment, PrintStream out, PrintStream err) {
    App app;
    try {
      var settings = Settings.read(options, environment);
      app = App.start(settings);
      out.println(app.greeting());
    } catch (UsageException e) {
      err.println("teleprinter: " + e.getMessage());
      return 2;
    }
    return await(app);
  }

  private static int await(App app) {
    try {
      // The runtime ends the process once its hooks are through: this one is the way to stop.
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("tp-stop").unstarted(app::close));
      new CountDownLatch(1).await();
    } catch (IllegalStateException e) {
      app.close(); // it was told to stop while it started
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
