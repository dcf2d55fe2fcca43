// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ServeOptionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--port 0",
        "--port 0 --data-dir memory",
        "--host ::1 --port 80 --data-dir a/b=c --durability os --config x.yaml --insecure",
        "--insecure",
        "--insecure --data-dir serve",
        "--data-dir publish",
        "--data-dir \"a\"",
        "--port nonsense",
      })
  void readsPlainArgumentsAsTheirParserDoes(String arguments) {
    var serving = new Cli.Serving();
    new CommandLine(serving).parseArgs(arguments.split(" "));
    assertThat(ServeOptions.plain(arguments.split(" "))).isEqualTo(serving.given());
    assertThat(ServeOptions.plain(("serve " + arguments).split(" "))).isEqualTo(serving.given());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version",
        "serve serve",
        "--port",
        "--port=0",
        "--port --host",
        "--port 1 --port 2",
        "--insecure --insecure",
        "--port 1 serve",
        "--help",
        "@file",
        "--config @file",
        "--prot 1",
      })
  void leavesAllElseToTheirParser(String arguments) {
    assertThat(ServeOptions.plain(arguments.split(" "))).isNull();
  }

  @Test
  void servesByDefaultsWithoutArguments() {
    var nothing = new ServeOptions(null, null, null, null, null, false);
    assertThat(ServeOptions.plain()).isEqualTo(nothing);
    assertThat(ServeOptions.plain("serve")).isEqualTo(nothing);
    assertThat(ServeOptions.plain("--config", "")).isNull();
  }
}
