// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.servers;

import dev.teleprinter.bench.load.Transport;
import dev.teleprinter.bench.servers.TeleprinterTarget.Kept;
import dev.teleprinter.bench.servers.TeleprinterTarget.Kind;
import java.nio.file.Path;
import java.util.Map;

/**
 * All that can be measured, by name. Immutable.
 *
 * @param root the checkout
 * @param cache where programs that are built for it are kept
 * @param upstreamPort of the model whose answers are relayed
 * @param twoCores the cores of a target that is about two
 */
public record Targets(Path root, Path cache, int upstreamPort, String twoCores) {
  /** What can be named. */
  public static final String WORDS =
      """
      teleprinter, and: -tls, -h2c, -h2 (over TLS), -2 (two cores), -memory, -always (forced before
      it answers), as in teleprinter-tls;
      nchan, nchan-tls, nchan-2, mercure, mercure-bolt, centrifugo, node, spring-mvc,
      spring-webflux, floor; those that relay answers and keep nothing: nginx-relay, node-relay,
      floor-relay; or name=path/to/bin/teleprinter for another checkout
      """;

  /**
   * {@return the target of a name}
   *
   * @throws IllegalArgumentException when there is none
   */
  public Target of(String name) {
    int path = name.indexOf('=');
    if (path > 0) {
      var program = Path.of(name.substring(path + 1)).toAbsolutePath();
      return new TeleprinterTarget(name.substring(0, path), program, environment(), Kind.PLAIN);
    }
    var sources = root.resolve("bench/src/main");
    return switch (name) {
      case "teleprinter" -> teleprinter(name, Kind.PLAIN);
      case "teleprinter-tls" -> teleprinter(name, Kind.over(Transport.HTTP1_TLS));
      case "teleprinter-h2c" -> teleprinter(name, Kind.over(Transport.HTTP2));
      case "teleprinter-h2" -> teleprinter(name, Kind.over(Transport.HTTP2_TLS));
      case "teleprinter-2" -> teleprinter(name, Kind.onCores(twoCores));
      case "teleprinter-memory" -> teleprinter(name, Kind.keeping(Kept.IN_MEMORY));
      case "teleprinter-always" -> teleprinter(name, Kind.keeping(Kept.FORCED_FIRST));
      case "nchan" -> new NchanTarget(name, Transport.HTTP1, null);
      case "nchan-tls" -> new NchanTarget(name, Transport.HTTP1_TLS, null);
      case "nchan-2" -> new NchanTarget(name, Transport.HTTP1, twoCores);
      case "mercure" -> new MercureTarget(name, cache, false);
      case "mercure-bolt" -> new MercureTarget(name, cache, true);
      case "centrifugo" -> new CentrifugoTarget(cache);
      case "node" -> new NodeTarget(name, sources.resolve("js/node.mjs"), 0);
      case "node-relay" -> new NodeTarget(name, sources.resolve("js/relay.mjs"), upstreamPort);
      case "nginx-relay" -> new NginxRelayTarget(upstreamPort);
      case "spring-mvc" -> spring(name, "Mvc", "Spring MVC's SseEmitter, Tomcat, virtual threads");
      case "spring-webflux" -> spring(name, "Webflux", "Spring WebFlux, Netty, a sink a topic");
      case "floor" -> new FloorTarget(name, sources.resolve("c/floor.c"), 0);
      case "floor-relay" -> new FloorTarget(name, sources.resolve("c/relay.c"), upstreamPort);
      default ->
          throw new IllegalArgumentException("target: %s (expected: %s)".formatted(name, WORDS));
    };
  }

  private Target teleprinter(String name, Kind kind) {
    return new TeleprinterTarget(name, root.resolve("bin/teleprinter"), environment(), kind);
  }

  private Map<String, String> environment() {
    var upstream = "http://127.0.0.1:" + upstreamPort + "/v1";
    return Map.of("OPENAI_BASE_URL", upstream, "OPENAI_API_KEY", "none-needed");
  }

  private Target spring(String name, String mainClass, String words) {
    return new SpringTarget(
        name, root.resolve("bench/rivals/spring"), cache, "rival." + mainClass, words);
  }
}
