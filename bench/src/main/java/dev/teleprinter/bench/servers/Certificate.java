// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A certificate that signs itself, ECDSA on P-256, for one run on loopback. Immutable. */
record Certificate(Path chain, Path key) {
  /** Makes one in a folder. */
  static Certificate in(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    var made = new Certificate(folder.resolve("certificate.pem"), folder.resolve("key.pem"));
    var command =
        List.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-keyout",
            made.key.toString(),
            "-out",
            made.chain.toString());
    Process openssl;
    try {
      openssl =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("openssl.log").toFile())
              .start();
    } catch (IOException e) {
      throw new Target.SkippedException("TLS: no openssl to make a certificate with");
    }
    if (openssl.waitFor() != 0) {
      throw new IOException("openssl: " + Files.readString(folder.resolve("openssl.log")));
    }
    return made;
  }
}
