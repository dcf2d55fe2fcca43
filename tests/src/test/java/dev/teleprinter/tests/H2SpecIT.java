// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/**
 * The server under h2spec, the conformance test of HTTP/2 (RFC 7540 and 7541) by Moto Ishizawa,
 * over cleartext with prior knowledge. What it does not pass is listed here, and in {@code
 * docs/decisions/0016-http2-conformance.md}, with the reason.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class H2SpecIT {
  private static final int CASES = 145;

  /** By section and title: why it is as it is. */
  private static final Map<String, String> KNOWN =
      Map.of(
          "http2/3.5: Sends invalid connection preface",
          "a port without TLS serves HTTP/1.1, too: what is no preface is answered 400 and closed");

  @TempDir Path folder;

  @Test
  void passesAllButTheKnownCases() throws Exception {
    var h2spec = Tool.h2spec();
    try (var teleprinter = RunningTeleprinter.start()) {
      var report = folder.resolve("report.xml");
      var port = Integer.toString(teleprinter.port());
      Tool.run(folder, "", h2spec + "", "-h", "127.0.0.1", "-p", port, "-j", report + "");
      assertThat(failures(report)).isEqualTo(new TreeSet<>(KNOWN.keySet()));
    }
  }

  private static TreeSet<String> failures(Path report) throws Exception {
    // It quotes what it received, NUL too, which is no character of XML.
    var text = Files.readString(report, ISO_8859_1).replaceAll("[^\\t\\n\\r -~]", "?");
    var cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(text)))
            .getElementsByTagName("testcase");
    assertThat(cases.getLength()).isEqualTo(CASES);
    var failures = new TreeSet<String>();
    for (int i = 0; i < cases.getLength(); i++) {
      var each = (Element) cases.item(i);
      boolean failed =
          each.getElementsByTagName("failure").getLength() > 0
              || each.getElementsByTagName("error").getLength() > 0;
      if (failed) {
        failures.add(each.getAttribute("package") + ": " + each.getAttribute("classname"));
      }
    }
    return failures;
  }
}
