// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

/** The program {@code teleprinter}. */
public final class Main {
  private Main() {}

  /** Runs a command, {@code serve} without one; exits with 0, with 1 (failed) or 2 (misused). */
  public static void main(String[] args) {
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
