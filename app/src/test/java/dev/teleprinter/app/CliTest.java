// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CliTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--prot 1 | unknown option",
        "--port | missing required parameter for option '--port'",
        "serve --port x | port: x (expected: 0 to 65535)",
        "--port x serve | port: x (expected: 0 to 65535)",
        "--config /no/such/file | /no/such/file: no such file",
        "--host 0.0.0.0 | --insecure",
        "publish | missing required parameter: 'TOPIC'",
        "publish a --events --data x | --events excludes --data",
        "publish a --url ftp://x | --url: ftp://x (expected: such as",
        "nonsense | 'nonsense'",
      })
  void answersAMistakeWithOneSentenceAndStatus2(String arguments, String part) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString(UTF_8)).startsWith("teleprinter: ").contains(part).hasLineCount(1);
    assertThat(out.size()).isZero();
  }

  @Test
  void answersAnUnusableDirectoryWithStatus2() {
    assertThat(run("--data-dir", "/dev/null/x")).isEqualTo(2);
    assertThat(err.toString(UTF_8)).contains("data directory: /dev/null/x");
  }

  @Test
  void printsItsVersionAndHelp() {
    assertThat(run("version")).isZero();
    assertThat(run("--help")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("teleprinter ").contains("publish", "--insecure");
  }

  private int run(String... arguments) {
    return Cli.run(
        arguments,
        Map.of(),
        InputStream.nullInputStream(),
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8));
  }
}
