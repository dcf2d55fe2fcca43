// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Who may use what neither keys nor tokens protect: programs of this machine, and the pages this
 * server serves. Immutable.
 *
 * <p>A peer on loopback is not yet a local user. It may be a proxy that speaks for others: requests
 * with a forwarding header are refused. It may be a browser that shows a foreign page: such a page
 * is known by the {@code Origin} or {@code Sec-Fetch-Site} of its requests, and one whose name was
 * pointed at this machine (DNS rebinding) by its {@code Host}. A proxy on this machine that adds no
 * header and sends its own {@code Host} looks like a local program: whoever sets one up decides who
 * may pass it.
 *
 * @param anyone whether peers, proxies and host names are not looked at ({@code --insecure})
 * @param origins origins of foreign pages that may send requests, such as {@code
 *     https://example.org}, or {@code *} for all of them: the CORS allow-list
 */
public record LocalAccess(boolean anyone, List<String> origins) {
  private static final List<String> FORWARDING =
      List.of("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via");
  private static final Pattern LOOPBACK_NAME =
      Pattern.compile(
          "(?:localhost|[a-z0-9._-]+\\.localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1])\\.?(?::[0-9]*)?");
  private static final String REMEDY = "; start with --insecure to serve it without tokens)";

  /** Copies the origins. */
  public LocalAccess {
    origins = List.copyOf(origins);
  }

  /** {@return this machine only, without foreign pages} */
  public static LocalAccess strict() {
    return new LocalAccess(false, List.of());
  }

  /**
   * Lets the request pass, or refuses it.
   *
   * @throws ProblemException 403 {@code not_local}, {@code forwarded}, {@code foreign_host} or
   *     {@code foreign_origin}
   */
  public void require(Request request) {
    if (!anyone) {
      requireLocal(request);
    }
    requireOwnPage(request);
  }

  private void requireLocal(Request request) {
    if (!request.isLoopback()) {
      throw new ProblemException(
          403,
          "not_local",
          "remote: another machine (expected: this one, while no tokens are configured" + REMEDY);
    }
    for (var name : FORWARDING) {
      if (request.header(name) != null) {
        throw new ProblemException(
            403,
            "forwarded",
            name
                + ": present (expected: no proxy in between, while no tokens are configured"
                + REMEDY);
      }
    }
    var host = request.header("Host");
    if (host != null && !isLocalHost(host.toLowerCase(Locale.ROOT))) {
      throw new ProblemException(
          403,
          "foreign_host",
          "Host: " + host + " (expected: localhost or the host of an allowed origin" + REMEDY);
    }
  }

  private boolean isLocalHost(String host) {
    return LOOPBACK_NAME.matcher(host).matches()
        || origins.stream().anyMatch(origin -> authority(origin).equals(host));
  }

  /**
   * Requests that change something or cost much need no script and no CORS: a form or an image of a
   * foreign page is enough.
   */
  private void requireOwnPage(Request request) {
    var origin = request.header("Origin");
    if (origin == null) {
      var site = request.header("Sec-Fetch-Site"); // absent outside browsers
      if (site != null && !site.equals("same-origin") && !site.equals("none")) {
        throw foreignOrigin("Sec-Fetch-Site: " + site);
      }
      return;
    }
    if (!isOwn(origin, request) && !origins.contains("*") && !origins.contains(origin)) {
      throw foreignOrigin("Origin: " + origin);
    }
  }

  /** RFC 6454 5: the scheme, the host and the port are the same. */
  private boolean isOwn(String origin, Request request) {
    var host = request.header("Host");
    if (host == null) {
      return false;
    }
    var own = host.toLowerCase(Locale.ROOT);
    boolean plain = origin.equalsIgnoreCase("http://" + own);
    boolean secure = origin.equalsIgnoreCase("https://" + own);
    // With anyone, a proxy may have ended TLS.
    return anyone ? plain || secure : request.isSecure() ? secure : plain;
  }

  private static ProblemException foreignOrigin(String what) {
    return new ProblemException(
        403, "foreign_origin", what + " (expected: a page of this server, or an allowed origin)");
  }

  private static String authority(String origin) {
    int slashes = origin.indexOf("://");
    return slashes < 0 ? "" : origin.substring(slashes + 3).toLowerCase(Locale.ROOT);
  }
}
