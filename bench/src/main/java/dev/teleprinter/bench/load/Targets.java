// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** All that can be measured. Stateless. */
final class Targets {
  private Targets() {}

  /**
   * {@return the targets of these names}
   *
   * @throws IllegalArgumentException when there is none of a name
   */
  static List<Target> of(
      List<String> names, Path root, Path cache, Map<String, String> environment) {
    return names.stream().map(name -> of(name, root, cache, environment)).toList();
  }

  private static Target of(String name, Path root, Path cache, Map<String, String> environment) {
    int path = name.indexOf('=');
    if (path > 0) {
      var program = Path.of(name.substring(path + 1)).toAbsolutePath();
      return new TeleprinterTarget(name.substring(0, path), program, environment);
    }
    var sources = root.resolve("bench/src/main");
    return switch (name) {
      case "teleprinter" ->
          new TeleprinterTarget(name, root.resolve("bin/teleprinter"), environment);
      case "nchan" -> new NchanTarget();
      case "floor" -> new FloorTarget(sources.resolve("c/floor.c"));
      case "node" -> new NodeTarget(sources.resolve("js/node.mjs"));
      case "mercure" -> new MercureTarget(cache);
      case "centrifugo" -> new CentrifugoTarget(cache);
      default ->
          throw new IllegalArgumentException("target: " + name + " (expected: see --targets)");
    };
  }
}
