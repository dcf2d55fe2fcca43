// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Programs of other people that the tests run, and what is installed for them below {@code target}.
 * Where one is missing a test is skipped and says why; with {@code CI=true} it fails. Stateless.
 */
final class Tool {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private Tool() {}

  /** What a program did. Immutable. */
  record Ran(int status, String output, String errors) {}

  /** Skips, or with {@code CI=true} fails, unless the program is there. */
  static void require(String program) {
    for (var folder : System.getenv("PATH").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return;
      }
    }
    missing(program + " is not installed");
  }

  /** Skips, or with {@code CI=true} fails, unless a network of its own can be made for a test. */
  static void requireOwnNetworks() {
    var made =
        run(
            Path.of("."),
            "",
            "unshare",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && ss -V"
                + " && tc qdisc add dev lo root tbf rate 8bit burst 1 limit 1");
    if (made.status() != 0) {
      missing("no network of its own for a test: " + made.errors());
    }
  }

  /** Skips, or with {@code CI=true} fails. */
  static void missing(String why) {
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionError(why);
    }
    abort(why);
  }

  /** Runs it to its end, within three minutes. */
  static Ran run(Path folder, String input, String... command) {
    try {
      var process = builder(folder, command).start();
      var errors =
          CompletableFuture.supplyAsync(
              () -> text(process.getErrorStream()), Thread::startVirtualThread);
      try (var sink = process.outputWriter(UTF_8)) {
        sink.write(input);
      }
      var output =
          CompletableFuture.supplyAsync(
              () -> text(process.getInputStream()), Thread::startVirtualThread);
      if (!process.waitFor(PATIENCE)) {
        process.destroyForcibly();
        throw new AssertionError("does not end: " + String.join(" ", command));
      }
      return new Ran(process.exitValue(), output.join(), errors.join());
    } catch (IOException e) {
      throw new AssertionError(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Runs it to its end and returns what it printed; it must have succeeded. */
  static String output(Path folder, String... command) {
    var ran = run(folder, "", command);
    assertThat(ran.status()).as(ran.errors() + ran.output()).isZero();
    return ran.output();
  }

  static ProcessBuilder builder(Path folder, String... command) {
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("OPENAI_.*|(?i).*_proxy"));
    return builder;
  }

  private static String text(java.io.InputStream in) {
    try (in) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** {@return a folder with the scripts of {@code src/test/node} and their packages} */
  static synchronized Path node() {
    require("node");
    require("npm");
    var folder = copied("node");
    install(folder, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
    return folder;
  }

  /**
   * {@return a folder with the scripts of {@code src/test/python} and {@code bin/python} with the
   * library}
   */
  static synchronized Path python() {
    require("python3");
    var folder = copied("python");
    if (!Files.exists(folder.resolve("bin/pip"))) {
      var made = run(folder, "", "python3", "-m", "venv", folder.toString());
      if (made.status() != 0) {
        missing("python3 makes no venv: " + made.output() + made.errors());
      }
    }
    install(folder, folder.resolve("bin/pip").toString(), "install", "-q", "openai==3.22.1");
    return folder;
  }

  /** {@return {@code h2spec}, built from the modules that {@code src/test/go} names} */
  static synchronized Path h2spec() {
    require("go");
    var folder = copied("go");
    var program = folder.resolve("h2spec");
    var main = "github.com/summerwind/h2spec/cmd/h2spec";
    install(folder, "go", "build", "-mod=mod", "-buildvcs=false", "-o", program.toString(), main);
    return program;
  }

  /** Once for each state of the scripts' package list. */
  private static void install(Path folder, String... command) {
    var mark = folder.resolve("installed");
    try {
      var wanted = String.join(" ", command) + "\n" + packages(folder);
      if (Files.exists(mark) && Files.readString(mark).equals(wanted)) {
        return;
      }
      var ran = run(folder, "", command);
      if (ran.status() != 0) {
        missing("packages cannot be installed: " + ran.output() + ran.errors());
      }
      Files.writeString(mark, wanted);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String packages(Path folder) throws IOException {
    var list = folder.resolve("package.json");
    return Files.exists(list) ? Files.readString(list) : "";
  }

  private static Path copied(String name) {
    var target = TARGET.resolve(name);
    try (var scripts = Files.list(Path.of("src/test", name))) {
      Files.createDirectories(target);
      for (var script : (Iterable<Path>) scripts::iterator) {
        Files.writeString(target.resolve(script.getFileName()), Files.readString(script));
      }
      return target;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** {@return the lines of a text that are not empty} */
  static List<String> lines(String text) {
    return text.lines().filter(line -> !line.isBlank()).toList();
  }
}
