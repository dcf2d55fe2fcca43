// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One HTTP request as a handler sees it. Confined to one thread at a time, unless said. */
public interface Request {
  /** The method as sent, {@code GET} for {@code HEAD} (the server leaves the body out). */
  String method();

  /** The path, percent-decoded, without the query. */
  String path();

  /** The value of {@code {name}} in the route that matched; bug if the route has none such. */
  String pathParameter(String name);

  /** The first value of a query parameter, decoded (WHATWG URL 5.1); null when absent. */
  @Nullable String query(String name);

  /** All query parameters in order, decoded, names repeated as sent. */
  List<Parameter> query();

  /** The first value of a header, by case-insensitive name; null when absent. */
  @Nullable String header(String name);

  /** Who sent it, as the socket says. */
  InetSocketAddress remote();

  /** Whether the sender is this machine. */
  default boolean isLoopback() {
    return remote().getAddress().isLoopbackAddress();
  }

  /**
   * The whole body, empty when there is none. Blocks. Throws {@link ProblemException} {@code 413
   * body_too_large} beyond the server's limit and {@code 503 memory_full} when there is no memory
   * for it, {@link IOException} when the sender left.
   */
  byte[] body() throws IOException;

  /**
   * The whole body, if it has all arrived and is no longer than that; null otherwise, and {@link
   * #body()} still gives it. Never blocks.
   */
  byte @Nullable [] tryBody(int bytesMax);

  /**
   * The body as it arrives, unlimited in length, with back-pressure on the sender. Reads block
   * until bytes come; {@link IOException} when the sender left before the end. Not together with
   * {@link #body()}.
   */
  InputStream bodyStream();

  /**
   * Reserves heap memory for what the handler makes of the request, such as a parsed document,
   * until it has answered. Beside the body, which is reserved as it comes. Throws {@link
   * ProblemException} {@code 503 memory_full} when there is not so much: then nothing is reserved.
   */
  void reserve(long bytes);

  /**
   * Runs once, on a virtual thread, if the sender goes away before the handler has answered (at
   * once when it already has). Only one action is kept, the last. Any thread.
   */
  void onDisconnect(Runnable action);

  /** One decoded query or form parameter. Immutable. */
  record Parameter(String name, String value) {}
}
