// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

/** The program {@code teleprinter}. */
public final class Main {
  private Main() {}

  /**
   * Runs a command, {@code serve} without one; exits with 0, 1 (failed), 2 (misused) or 70
   * (internal error).
   */
  public static void main(String[] args) {
    FatalErrors.install();
    // Netty's JFR events load the flight recorder: a fifth of the work of a start, for nobody.
    System.getProperties().putIfAbsent("io.netty.jfr.enabled", "false");
    // To load the parser of arguments is a third of the work of a start: plain ones do without.
    var plain = ServeOptions.plain(args);
    int status =
        plain == null
            ? Cli.run(args, System.getenv(), System.in, System.out, System.err)
            : ServeCommand.run(plain, System.getenv(), System.out, System.err);
    System.exit(status);
  }
}
