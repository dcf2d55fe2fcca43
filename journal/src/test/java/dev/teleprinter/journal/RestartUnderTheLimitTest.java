// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.LimitProgram.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A journal that was filled until it refused more opens in a process with the same heap, however
 * the one before ended.
 */
@Timeout(300)
final class RestartUnderTheLimitTest {
  private static final Pattern FIGURES =
      Pattern.compile("(\\d+) topics, (-?\\d+) heap, (\\d+) reserved, (\\d+) declined");

  @TempDir private Path path;

  /** What a process printed. */
  private record Figures(int topics, long heapBytes, long reservedBytes, long declined) {}

  private Figures run(String heap, String... arguments) throws Exception {
    var output = output(heap, arguments);
    var figures = FIGURES.matcher(output);
    assertThat(figures.find()).as(output).isTrue();
    return new Figures(
        Integer.parseInt(figures.group(1)),
        Long.parseLong(figures.group(2)),
        Long.parseLong(figures.group(3)),
        Long.parseLong(figures.group(4)));
  }

  private String output(String heap, String... arguments) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + heap, "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=64m"));
    command.addAll(List.of("-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LimitProgram.class.getName());
    command.addAll(List.of(arguments));
    var out = Files.createTempFile(path, "out", ".txt");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    try {
      int status = process.waitFor();
      return status + "\n" + Files.readString(out);
    } finally {
      process.destroyForcibly();
    }
  }

  private String folder() throws IOException {
    return Files.createDirectories(path.resolve("journal")).toString();
  }

  @ParameterizedTest
  @CsvSource({
    "LONG_NAMES, close",
    "LONG_NAMES, kill",
    "SHORT_NAMES, close",
    "SHORT_NAMES, kill",
    "PUBLISHERS_IDS, kill",
    "FORGOTTEN_TOPICS, kill"
  })
  void aFullJournalOpensUnderTheHeapItWasWrittenUnder(Load load, String end) throws Exception {
    var written = run("96m", "fill", folder(), load.name(), end);
    assertThat(
            written.declined() > 0 || load == Load.FORGOTTEN_TOPICS || load == Load.PUBLISHERS_IDS)
        .isTrue();
    var opened = run("96m", "open", folder());
    assertThat(opened.topics()).isEqualTo(written.topics());
  }

  /** Apart from what is reserved once, of which the newest file's index takes some here. */
  @ParameterizedTest
  @CsvSource({"LONG_NAMES", "SHORT_NAMES"})
  void theAccountSaysWhatTheHeapHolds(Load load) throws Exception {
    var written = run("192m", "fill", folder(), load.name(), "close");
    assertThat(written.declined()).isPositive();
    assertThat((double) written.reservedBytes() / written.heapBytes()).isBetween(0.9, 1.3);
  }

  @Test
  void whatCannotFitIntoTheHeapIsRefusedWithWhatItNeeds() throws Exception {
    var written = run("1g", "fill", folder(), Load.SHORT_NAMES.name(), "kill");
    assertThat(written.topics())
        .isGreaterThan(240_000); // some may be refused while a file is sealed
    var refused = output("48m", "open", folder());
    assertThat(refused)
        .contains("UnusableFolderException")
        .containsPattern("holds about 2\\d\\d\\d\\d\\d topics, which take \\d+ MiB of memory")
        .contains("start it with -Xmx")
        .doesNotContain("OutOfMemoryError");
  }
}
