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
 * @param environment of Teleprinter's process
 * @param twoCores the cores of a target that is about two
 */
public record Targets(Path root, Path cache, Map<String, String> environment, String twoCores) {
  /** What can be named. */
  public static final String WORDS =
      """
      teleprinter, and: -tls, -h2c, -h2 (over TLS), -2 (two cores), -memory, -always (forced before
      it answers), as in teleprinter-tls;
      nchan, nchan-tls, nchan-2, mercure, mercure-bolt, centrifugo, node, spring-mvc,
      spring-webflux, floor; or name=path/to/bin/teleprinter for another checkout
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
      return new TeleprinterTarget(name.substring(0, path), program, environment, Kind.PLAIN);
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
      case "node" -> new NodeTarget(sources.resolve("js/node.mjs"));
      case "spring-mvc" -> spring(name, "Mvc", "Spring MVC's SseEmitter, Tomcat, virtual threads");
      case "spring-webflux" -> spring(name, "Webflux", "Spring WebFlux, Netty, a sink a topic");
      case "floor" -> new FloorTarget(sources.resolve("c/floor.c"));
      default ->
          throw new IllegalArgumentException("target: %s (expected: %s)".formatted(name, WORDS));
    };
  }

  private Target teleprinter(String name, Kind kind) {
    return new TeleprinterTarget(name, root.resolve("bin/teleprinter"), environment, kind);
  }

  private Target spring(String name, String mainClass, String words) {
    return new SpringTarget(
        name, root.resolve("bench/rivals/spring"), cache, "rival." + mainClass, words);
  }
}
