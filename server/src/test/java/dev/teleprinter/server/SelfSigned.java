// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for localhost that only its own client trusts, made by the JDK's keytool. */
public final class SelfSigned {
  private static final String PASSWORD = "for-this-test-only";

  /** What a server is configured with. */
  public final ServerConfig.TlsFiles files;

  final SSLContext client;
  private final SSLContext server;

  /** Makes one, its files in that folder. */
  public SelfSigned(Path folder)
      throws IOException, InterruptedException, GeneralSecurityException {
    var store = folder.resolve("store.p12");
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "t",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool failed");
    }
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    files =
        new ServerConfig.TlsFiles(
            pem(folder.resolve("cert.pem"), "CERTIFICATE", keys.getCertificate("t").getEncoded()),
            pem(
                folder.resolve("key.pem"),
                "PRIVATE KEY",
                keys.getKey("t", PASSWORD.toCharArray()).getEncoded()));
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry("t", keys.getCertificate("t"));
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    client = SSLContext.getInstance("TLS");
    client.init(null, trust.getTrustManagers(), null);
    var own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD.toCharArray());
    server = SSLContext.getInstance("TLS");
    server.init(own.getKeyManagers(), null, null);
  }

  /** {@return what a server shows the certificate with} */
  public SSLContext server() {
    return server;
  }

  private static Path pem(Path file, String kind, byte[] der) throws IOException {
    var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
  }
}
