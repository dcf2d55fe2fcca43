// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class FatalErrorsProcessTest {
  @ParameterizedTest
  @ValueSource(strings = {"dies", "logs"})
  void anErrorEndsTheProcessWithStatus70AndALine(String kind) throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                DyingProgram.class.getName(),
                kind)
            .redirectErrorStream(true)
            .start();
    var said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(Duration.ofSeconds(10))).isTrue();
    assertThat(process.exitValue()).as(said).isEqualTo(70);
    assertThat(said.lines().toList().getLast())
        .startsWith("teleprinter: ended with status 70 by java.lang.NoClassDefFoundError: a/B")
        .contains("(thread tp-work, at ");
  }
}
