// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A handler that chooses another by method and path. Filled before the server starts, read-only
 * afterwards. Patterns are literal segments, {@code {name}} for one segment, and a last {@code
 * {name...}} for the rest. The first that fits wins.
 */
public final class Routes {
  private final List<Route> routes = new ArrayList<>();

  /** No routes yet. */
  public Routes() {}

  /** Adds a route; {@code GET} also answers {@code HEAD}. */
  public Routes add(String method, String pattern, Handler handler) {
    routes.add(new Route(method, List.of(pattern.substring(1).split("/", -1)), handler));
    return this;
  }

  /**
   * The handler and path parameters for a request.
   *
   * @throws ProblemException 404 {@code not_found}, or 405 {@code method_not_allowed} with Allow
   */
  public Match match(String method, String path) {
    var segments = path.substring(1).split("/", -1);
    var allowed = new LinkedHashSet<String>();
    for (var route : routes) {
      var parameters = route.parameters(segments);
      if (parameters == null) {
        continue;
      }
      if (route.method.equals(method)) {
        return new Match(route.handler, parameters);
      }
      allowed.add(route.method);
    }
    if (allowed.isEmpty()) {
      throw new ProblemException(404, "not_found", "path: " + path + " (expected: a known one)");
    }
    var allow = String.join(", ", allowed);
    throw new ProblemException(
            405, "method_not_allowed", "method: " + method + " (expected: " + allow + ")")
        .with("Allow", allow);
  }

  /** What fits a request. Immutable. */
  public record Match(Handler handler, Map<String, String> parameters) {}

  private record Route(String method, List<String> pattern, Handler handler) {
    @Nullable Map<String, String> parameters(String[] segments) {
      var found = new TreeMap<String, String>();
      for (int i = 0; i < pattern.size(); i++) {
        var want = pattern.get(i);
        if (want.endsWith("...}")) {
          var rest = List.of(segments).subList(Math.min(i, segments.length), segments.length);
          found.put(want.substring(1, want.length() - 4), String.join("/", rest));
          return found;
        }
        if (i >= segments.length) {
          return null;
        }
        if (want.startsWith("{")) {
          found.put(want.substring(1, want.length() - 1), segments[i]);
        } else if (!want.equals(segments[i])) {
          return null;
        }
      }
      return segments.length == pattern.size() ? found : null;
    }
  }
}
