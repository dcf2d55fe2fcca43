// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.stream.Collectors;

/**
 * Any text as a query: it is read, never refused, and what was read is read again from what it is
 * encoded to. A target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class ParametersFuzz {
  private ParametersFuzz() {}

  /** The bytes as they come in a request's target. */
  public static void fuzzerTestOneInput(byte[] input) {
    var read = Parameters.parse(Parameters.utf8(new String(input, ISO_8859_1)));
    var encoded =
        read.stream()
            .map(one -> encode(one.name()) + "=" + encode(one.value()))
            .collect(Collectors.joining("&"));
    var again = Parameters.parse(encoded);
    if (!read.equals(again)) {
      throw new AssertionError("%s, read again: %s (expected: %s)".formatted(encoded, again, read));
    }
    Parameters.decode(new String(input, ISO_8859_1), false);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }
}
