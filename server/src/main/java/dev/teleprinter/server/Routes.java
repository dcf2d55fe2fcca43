// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A handler that chooses another by method and path. Filled before the server starts, read-only
 * afterwards. Patterns are literal segments, {@code {name}} for one segment, and a last {@code
 * {name...}} for the rest. The first that fits wins.
 */
public final class Routes {
  private final List<Route> routes;
  private final UnaryOperator<Handler> wrapper;
  private @Nullable Handler otherwise;

  /** No routes yet. */
  public Routes() {
    this(new ArrayList<>(), UnaryOperator.identity());
  }

  private Routes(List<Route> routes, UnaryOperator<Handler> wrapper) {
    this.routes = routes;
    this.wrapper = wrapper;
  }

  /** Adds a route; {@code GET} also answers {@code HEAD}. */
  public Routes add(String method, String pattern, Handler handler) {
    var segments = List.of(pattern.substring(1).split("/", -1));
    routes.add(new Route(method, segments, wrapper.apply(handler)));
    return this;
  }

  /**
   * The same routes, to be filled with handlers behind a check, which runs before each and refuses
   * a request by throwing a {@link ProblemException}.
   */
  public Routes behind(Consumer<Request> check) {
    return new Routes(
        routes,
        handler ->
            wrapper.apply(request -> {
              check.accept(request);
              return handler.handle(request);
            }));
  }

  /** Sets the handler of every request whose path no route has, whatever its method. */
  public Routes otherwise(Handler handler) {
    otherwise = handler;
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
    if (allowed.isEmpty() && otherwise != null) {
      return new Match(otherwise, Map.of());
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
