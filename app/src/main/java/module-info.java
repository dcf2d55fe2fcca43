// SPDX-License-Identifier: Apache-2.0

/** The program: command line, configuration and wiring. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.app {
  requires static org.jspecify;
  requires dev.teleprinter.mercure;
  requires dev.teleprinter.openai;
  requires info.picocli;
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires org.snakeyaml.engine;
  requires tools.jackson.databind;

  opens dev.teleprinter.app to
      info.picocli;
}
