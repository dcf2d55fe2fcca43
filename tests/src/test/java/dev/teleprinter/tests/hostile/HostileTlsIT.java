// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.teleprinter.server.SelfSigned;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS handshakes that do not come to their end. There is no bystander: it does not speak TLS. */
@Tag("long")
@Timeout(300)
class HostileTlsIT {
  /** The beginning of a ClientHello (RFC 8446 4.1.2): a record of 508 bytes is announced. */
  private static final byte[] HELLO =
      HexFormat.of().parseHex("16030101fc010001f80303" + "00".repeat(32) + "20" + "11".repeat(32));

  @Test
  void aHandshakeThatStallsIsClosedByItsDeadline(@TempDir Path folder) throws Exception {
    var begun =
        List.of(
            new byte[0],
            Arrays.copyOf(HELLO, 3),
            HELLO,
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII),
            new byte[] {0x15, 3, 3, 0, 2, 2, 40});
    var files = new SelfSigned(folder).files;
    var yaml = "tls: {certificate: %s, key: %s}\n".formatted(files.certificate(), files.key());
    try (var server = AttackedServer.start(yaml, 0)) {
      int count = AttackStrength.of(10, 100) * begun.size();
      var ended =
          AttackCrowd.act(
              count,
              count,
              number -> {
                try (var connection = new RawConnection(server.port())) {
                  return connection
                      .send(begun.get(number % begun.size()))
                      .end(AttackStrength.KEEP_ALIVE.plus(AttackStrength.GRACE));
                }
              });
      ended.assertOnly("closed");
      server.assertAlive();
    }
  }
}
