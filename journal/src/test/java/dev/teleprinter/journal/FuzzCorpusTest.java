// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Each fuzz target takes each file of its corpus again, those that once failed too. */
@Timeout(120)
class FuzzCorpusTest {
  private static final Path CORPUS = Path.of("src/test/resources/fuzz");

  private interface Target {
    void take(byte[] input) throws Exception;
  }

  @TestFactory
  Stream<DynamicTest> takesItsCorpus() {
    return Stream.<Map.Entry<String, Target>>of(
            Map.entry("JournalFiles", JournalFilesFuzz::fuzzerTestOneInput))
        .map(target ->
            DynamicTest.dynamicTest(
                target.getKey(), () -> takeAll(target.getKey(), target.getValue())));
  }

  private static void takeAll(String name, Target target) throws Exception {
    int taken = 0;
    try (var files = Files.list(CORPUS.resolve(name))) {
      for (var file : files.sorted().toList()) {
        try {
          target.take(Files.readAllBytes(file));
        } catch (Throwable e) {
          throw new AssertionError(file.toString(), e);
        }
        taken++;
      }
    }
    assertThat(taken).as("inputs of %s", name).isPositive();
  }
}
