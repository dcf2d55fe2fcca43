// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What people write today with Spring Boot. A program of its own, built by Maven when it is first
 * measured. Immutable.
 *
 * @param name its name
 * @param project the folder of the program's sources
 * @param cache where it is built
 * @param mainClass which program
 * @param words how it works
 */
record SpringTarget(String name, Path project, Path cache, String mainClass, String words)
    implements Target {
  private static final String FLAGS = "-Xmx2g -XX:+UseCompactObjectHeaders";

  /** It merges nothing: more events ahead make a round longer, and it no faster. */
  @Override
  public int behindMax() {
    return 1000;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    var classpath = build();
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx2g",
            "-XX:+UseCompactObjectHeaders",
            "-cp",
            classpath,
            mainClass,
            "--server.port=" + port);
    var process = ServerProcess.start(folder, core, Map.of(), command);
    process.awaitListening(port, Duration.ofSeconds(60));
    return new Started(process, new PathHub(port), words + ", " + FLAGS);
  }

  /** {@return the class path, after a build if there was none or the sources are newer} */
  private String build() throws IOException, InterruptedException {
    var target = cache.resolve("spring");
    var list = target.resolve("classpath");
    if (!Files.exists(list) || isOlderThanSources(list)) {
      System.err.println("bench: building " + project + " ...");
      Files.createDirectories(target);
      var log = target.resolve("build.log");
      var maven =
          new ProcessBuilder(
                  "mvn",
                  "-B",
                  "-ntp",
                  "-q",
                  "-f",
                  project.resolve("pom.xml").toString(),
                  "-Dbuild.folder=" + target,
                  "-Dmdep.outputFile=" + list,
                  "package",
                  "dependency:build-classpath")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!maven.waitFor(5, TimeUnit.MINUTES) || maven.exitValue() != 0) {
        maven.destroy();
        var said = Files.readString(log).lines().findFirst().orElse("no answer");
        throw new SkippedException(name + ": Maven does not build it: " + said);
      }
      Files.setLastModifiedTime(
          list, FileTime.from(Instant.now())); // Maven leaves it if it is the same
    }
    return target.resolve("classes") + ":" + Files.readString(list).strip();
  }

  private boolean isOlderThanSources(Path file) throws IOException {
    var built = Files.getLastModifiedTime(file);
    try (var paths = Files.walk(project)) {
      for (var path : paths.filter(Files::isRegularFile).toList()) {
        if (Files.getLastModifiedTime(path).compareTo(built) > 0) {
          return true;
        }
      }
    }
    return false;
  }
}
