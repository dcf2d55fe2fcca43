// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.bench.load.Transport;
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

/**
 * The Mercure hub of the protocol's authors, readers anonymous. Immutable.
 *
 * @param name its name
 * @param cache where it is built
 * @param keeps whether it has a history, which is then in a file
 */
record MercureTarget(String name, Path cache, boolean keeps) implements Target {
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
            %s
            publisher_jwt "%s"
            anonymous
            write_timeout 0
          }
        }
      }
      """;

  @Override
  public boolean resumes() {
    return keeps;
  }

  /** It cuts a reader that is 1,000 events behind, and has no option for that. */
  @Override
  public int behindMax() {
    return 800;
  }

  @Override
  public Started start(Path folder, String core, int port)
      throws IOException, InterruptedException {
    var program = PROGRAM.build(cache);
    Files.createDirectories(folder);
    var file = folder.resolve("Caddyfile");
    var transport =
        keeps
            ? "transport bolt {\n path %s\n size 100000\n }".formatted(folder.resolve("db"))
            : "transport local";
    Files.writeString(file, CONFIGURATION.formatted(port, transport, KEY));
    var process =
        ServerProcess.start(
            folder,
            core,
            Map.of("XDG_DATA_HOME", folder.toString(), "XDG_CONFIG_HOME", folder.toString()),
            List.of(
                program.toString(), "run", "--adapter", "caddyfile", "--config", file.toString()));
    process.awaitListening(port, Duration.ofSeconds(20));
    return new Started(
        process,
        new MercureShaped(port, Transport.HTTP1, token()),
        "%s, transport %s, %s"
            .formatted(
                PROGRAM.version(), keeps ? "bolt" : "local", Versions.firstLine("go", "version")));
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
