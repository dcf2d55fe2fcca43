// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import dev.teleprinter.server.Handler;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The pages and scripts on the class path. Thread-safe.
 *
 * <p>A path without an extension is a page: {@code /} is {@code index.html}, {@code
 * /examples/clock} is {@code examples/clock.html}. A file is read once and kept: there are as many
 * as the jar has.
 */
final class Pages implements Handler {
  private static final String FOLDER = "dev/teleprinter/web/";
  // No segment begins with a dot, so there is no way up and nothing hidden.
  private static final Pattern PATH = Pattern.compile("(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?");
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "mjs", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "json", "application/json",
          "webmanifest", "application/manifest+json",
          "woff2", "font/woff2",
          "txt", "text/plain; charset=utf-8");
  private static final String POLICY =
      "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; object-src 'none';"
          + " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; connect-src ";

  private final ClassLoader classes = Pages.class.getClassLoader();
  private final Map<String, File> files = new ConcurrentHashMap<>();

  /** The file for a GET, 304 when the browser has it, 404 for whatever is not there. */
  @Override
  public Response handle(Request request) {
    var path = request.path();
    if (!request.method().equals("GET") || !PATH.matcher(path).matches()) {
      throw notFound(path);
    }
    var file = files.get(path);
    if (file == null) {
      file = load(path);
      files.put(path, file); // only what exists: the map has the size of the jar
    }
    var headers = new LinkedHashMap<String, String>();
    headers.put("ETag", file.tag);
    headers.put("Cache-Control", "no-cache");
    headers.put("X-Content-Type-Options", "nosniff");
    if (file.type.startsWith("text/html")) {
      headers.put("Content-Security-Policy", POLICY + mayConnectTo(request));
      headers.put("Referrer-Policy", "no-referrer");
    }
    if (hasIt(request.header("If-None-Match"), file.tag)) {
      return new Reply(304, headers, new byte[0]);
    }
    headers.put("Content-Type", file.type);
    return new Reply(200, headers, file.bytes);
  }

  private File load(String path) {
    var name = path.equals("/") ? "/index.html" : path;
    if (name.equals("/favicon.ico")) {
      name = "/icon.svg"; // browsers ask for it by themselves
    }
    if (name.indexOf('.', name.lastIndexOf('/')) < 0) {
      name += ".html";
    }
    var type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    var bytes = type == null ? null : read(FOLDER + name.substring(1));
    if (type == null || bytes == null) {
      throw notFound(path);
    }
    return new File(type, bytes, tag(bytes));
  }

  private byte @Nullable [] read(String resource) {
    try (var input = classes.getResourceAsStream(resource)) {
      return input == null ? null : input.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Where a page may read from: this server, and for the clock the server of the feed that its
   * address names, to show a feed of another origin.
   */
  private static String mayConnectTo(Request request) {
    var feed = request.path().equals(ClockFeed.TOPIC) ? request.query("feed") : null;
    if (feed == null) {
      return "'self'";
    }
    try {
      var uri = new URI(feed);
      var scheme = uri.getScheme();
      boolean web = "http".equals(scheme) || "https".equals(scheme);
      if (!web
          || uri.getHost() == null
          || !uri.getHost().matches("[A-Za-z0-9.-]+|\\[[0-9a-f:]+]")) {
        return "'self'";
      }
      var port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
      return "'self' " + scheme + "://" + uri.getHost() + port;
    } catch (URISyntaxException e) {
      return "'self'"; // the page tells what is wrong with it
    }
  }

  /** RFC 9110 13.1.2: weak comparison against a list. */
  private static boolean hasIt(@Nullable String ifNoneMatch, String tag) {
    return ifNoneMatch != null
        && Arrays.stream(ifNoneMatch.split(","))
            .map(String::strip)
            .anyMatch(known -> known.equals("*") || known.equals(tag) || known.equals("W/" + tag));
  }

  private static String tag(byte[] bytes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static ProblemException notFound(String path) {
    return new ProblemException(404, "not_found", "path: " + path + " (expected: a known one)");
  }

  private static final class File {
    final String type;
    final byte[] bytes;
    final String tag;

    File(String type, byte[] bytes, String tag) {
      this.type = type;
      this.bytes = bytes;
      this.tag = tag;
    }
  }
}
