// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A program that Go builds from its published module, once, outside of the checkout. Immutable.
 *
 * @param name of the binary
 * @param module its path
 * @param version its version
 * @param main path of the package that is the program
 */
record GoProgram(String name, String module, String version, String main) {
  private static final String ROOTS = "golang.org/x/crypto/x509roots/fallback";

  /** {@return the program, built now if it was not yet} */
  Path build(Path cache) throws IOException, InterruptedException {
    var program = cache.resolve(name + "-" + version);
    if (Files.isExecutable(program)) {
      return program;
    }
    var folder = cache.resolve("build-" + name);
    Files.createDirectories(folder.resolve("roots"));
    // Certificate roots for machines without any: not needed on loopback, and large.
    Files.writeString(folder.resolve("roots/go.mod"), "module " + ROOTS + "\n\ngo 1.24\n");
    Files.writeString(folder.resolve("roots/roots.go"), "package fallback\n");
    Files.writeString(
        folder.resolve("go.mod"),
        "module bench\n\ngo 1.24\n\nrequire %s %s\n\nreplace %s => ./roots\n"
            .formatted(module, version, ROOTS));
    Files.writeString(
        folder.resolve("needed.go"), "package bench\n\nimport _ \"%s\"\n".formatted(main));
    go(folder, program);
    return program;
  }

  private void go(Path folder, Path program) throws IOException, InterruptedException {
    var log = folder.resolve("build.log");
    Process go;
    try {
      System.err.printf("bench: building %s %s, this takes minutes ...%n", name, version);
      go =
          new ProcessBuilder(
                  "go", "build", "-buildvcs=false", "-mod=mod", "-o", program.toString(), main)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new Target.SkippedException(name + ": no Go toolchain to build it with");
    }
    var stop = new Thread(go::destroy);
    Runtime.getRuntime().addShutdownHook(stop);
    boolean ended = go.waitFor(20, TimeUnit.MINUTES);
    Runtime.getRuntime().removeShutdownHook(stop);
    if (!ended || go.exitValue() != 0) {
      go.destroyForcibly();
      throw new Target.SkippedException(
          name + " " + version + " does not build here: see build.log in its folder of the cache");
    }
  }
}
