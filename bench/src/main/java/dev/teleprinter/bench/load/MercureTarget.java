// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The Mercure hub of the protocol's authors, in memory, readers anonymous. Immutable. */
final class MercureTarget implements Target {
  private static final GoProgram PROGRAM =
      new GoProgram(
          "mercure",
          "github.com/dunglas/mercure/caddy",
          "v0.24.2",
          "github.com/dunglas/mercure/caddy/mercure");
  private static final String KEY = "a key for a benchmark on loopback only";
  private static final String CONFIGURATION =
      """
      {
        admin off
        auto_https off
        persist_config off
        log default {
          output discard
        }
      }
      http://127.0.0.1:%d {
        bind 127.0.0.1
        route {
          mercure {
            transport local
            publisher_jwt "%s"
            anonymous
            write_timeout 0
          }
        }
      }
      """;

  private final Path cache;

  MercureTarget(Path cache) {
    this.cache = cache;
  }

  @Override
  public String name() {
    return "mercure";
  }

  @Override
  public Started start(Path folder, String cores) throws IOException, InterruptedException {
    var program = PROGRAM.build(cache);
    int port = ServerProcess.freePort();
    Files.createDirectories(folder);
    var file = folder.resolve("Caddyfile");
    Files.writeString(file, CONFIGURATION.formatted(port, KEY));
    var process =
        ServerProcess.start(
            folder,
            cores,
            Map.of("XDG_DATA_HOME", folder.toString(), "XDG_CONFIG_HOME", folder.toString()),
            List.of(
                program.toString(), "run", "--adapter", "caddyfile", "--config", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(20));
    var token = "Authorization: Bearer " + token();
    return new Started(
        process,
        new TeleprinterTarget.MercureShaped(port, "/.well-known/mercure", token),
        PROGRAM.version() + ", transport local, " + Versions.firstLine("go", "version"));
  }

  private static String token() {
    var base64 = Base64.getUrlEncoder().withoutPadding();
    var signed =
        base64.encodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(UTF_8))
            + "."
            + base64.encodeToString("{\"mercure\":{\"publish\":[\"*\"]}}".getBytes(UTF_8));
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(KEY.getBytes(UTF_8), "HmacSHA256"));
      return signed + "." + base64.encodeToString(mac.doFinal(signed.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}
