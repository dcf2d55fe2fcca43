// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /** Adds a route whose handler may block; {@code GET} also answers {@code HEAD}. */
  public Routes add(String method, String pattern, Handler handler) {
    return add(method, pattern, handler, false);
  }

  /** Adds a route whose handler is called on event loops, and never blocks. */
  public Routes addOnLoop(String method, String pattern, Handler handler) {
    return add(method, pattern, handler, true);
  }

  private Routes add(String method, String pattern, Handler handler, boolean onLoop) {
    routes.add(Route.of(method, pattern, wrapper.apply(handler), onLoop));
    return this;
  }

  /**
   * The same routes, to be filled with handlers behind a check, which runs before each, in the same
   * thread, and refuses a request by throwing a {@link ProblemException}.
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

  /** Sets the handler, which may block, of all requests whose path no route has. */
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
    Set<String> allowed = Set.of();
    for (var route : routes) {
      var parameters = route.parameters(path);
      if (parameters == null) {
        continue;
      }
      if (route.method.equals(method)) {
        return new Match(route.handler, parameters, route.onLoop);
      }
      allowed = new LinkedHashSet<>(allowed);
      allowed.add(route.method);
    }
    if (allowed.isEmpty() && otherwise != null) {
      return new Match(otherwise, Map.of(), false);
    }
    if (allowed.isEmpty()) {
      throw new ProblemException(404, "not_found", "path: " + path + " (expected: a known one)");
    }
    var allow = String.join(", ", allowed);
    throw new ProblemException(
            405, "method_not_allowed", "method: " + method + " (expected: " + allow + ")")
        .with("Allow", allow);
  }

  /**
   * What fits a request. Immutable.
   *
   * @param onLoop whether the handler is called on the event loop, not on a thread of its own
   */
  public record Match(Handler handler, Map<String, String> parameters, boolean onLoop) {}

  /**
   * A route. Most are told apart by {@code literal}, the pattern up to the slash before its first
   * parameter, which is all of it where {@code segments} is null.
   */
  private record Route(
      String method,
      String literal,
      @Nullable List<String> segments,
      Handler handler,
      boolean onLoop) {
    static Route of(String method, String pattern, Handler handler, boolean onLoop) {
      int parameter = pattern.indexOf('{');
      if (parameter < 0) {
        return new Route(method, pattern, null, handler, onLoop);
      }
      var segments = List.of(pattern.substring(1).split("/", -1));
      return new Route(method, pattern.substring(0, parameter - 1), segments, handler, onLoop);
    }

    /** The path's parameters if it fits, else null. */
    @Nullable Map<String, String> parameters(String path) {
      if (segments == null) {
        return path.equals(literal) ? Map.of() : null;
      }
      if (!path.startsWith(literal)) {
        return null;
      }
      var asked = path.substring(1).split("/", -1);
      var found = new TreeMap<String, String>();
      for (int i = 0; i < segments.size(); i++) {
        var want = segments.get(i);
        if (want.endsWith("...}")) {
          var rest = List.of(asked).subList(Math.min(i, asked.length), asked.length);
          found.put(want.substring(1, want.length() - 4), String.join("/", rest));
          return found;
        }
        if (i >= asked.length) {
          return null;
        }
        if (want.startsWith("{")) {
          found.put(want.substring(1, want.length() - 1), asked[i]);
        } else if (!want.equals(asked[i])) {
          return null;
        }
      }
      return segments.size() == asked.length ? found : null;
    }
  }
}
