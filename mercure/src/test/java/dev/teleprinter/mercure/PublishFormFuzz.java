// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request.Parameter;
import java.net.URLEncoder;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Any bytes as the form of a publish: its fields are read exactly or refused, and so is what it
 * asks to publish. A target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it kept.
 */
public final class PublishFormFuzz {
  private static final MercureConfig CONFIG =
      MercureConfig.defaults().withEventBytesMax(1_000).withReadOnlyPrefixes(List.of("resp_"));
  private static final Names NAMES = new Names(CONFIG, "abc");
  private static final int FIELDS_MAX = 100;
  private static final int TEXT_BYTES_MAX = 1 << 20;

  private PublishFormFuzz() {}

  /** The bytes are a request's body. */
  public static void fuzzerTestOneInput(byte[] input) {
    try {
      var fields = Form.fields(input, FIELDS_MAX, TEXT_BYTES_MAX);
      requireExact(fields);
      var publication = Publication.of(List.of(), fields, CONFIG, NAMES);
      if (publication.topics().isEmpty() || publication.event() == null && !publication.closing()) {
        throw new AssertionError("nothing to publish: " + publication);
      }
    } catch (ProblemException e) {
      if (e.status() < 400 || e.status() > 499) {
        throw new AssertionError("refused by " + e.status(), e);
      }
    }
  }

  private static void requireExact(List<Parameter> fields) {
    var encoded =
        fields.stream()
            .map(field -> encode(field.name()) + "=" + encode(field.value()))
            .collect(Collectors.joining("&"));
    var again = Form.fields(encoded.getBytes(UTF_8), FIELDS_MAX, TEXT_BYTES_MAX);
    if (!again.equals(fields)) {
      throw new AssertionError("read again: " + again + " (expected: " + fields + ")");
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }
}
