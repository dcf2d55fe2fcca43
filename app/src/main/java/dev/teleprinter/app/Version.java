// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which version this is, as the build wrote it down. Stateless. */
final class Version {
  private Version() {}

  static String text() {
    try (var input = Version.class.getResourceAsStream("version.properties")) {
      if (input == null) {
        throw new IllegalStateException("version.properties: missing (expected: in the jar)");
      }
      var properties = new Properties();
      properties.load(input);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
