// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

/** The program {@code teleprinter}. */
public final class Main {
  private Main() {}

  /** Runs a command, {@code serve} without one; exits with 0, with 1 (failed) or 2 (misused). */
  public static void main(String[] args) {
    // Netty's JFR events load the flight recorder: a fifth of the work of a start, for nobody.
    System.getProperties().putIfAbsent("io.netty.jfr.enabled", "false");
    // Most starts have no arguments: they need no parser of them, which takes a while to load.
    int status =
        args.length == 0
            ? ServeCommand.run(ServeOptions.none(), System.getenv(), System.out, System.err)
            : Cli.run(args, System.getenv(), System.in, System.out, System.err);
    System.exit(status);
  }
}
