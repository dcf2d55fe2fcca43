// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about serving, unchecked; null where it says nothing. Immutable.
 *
 * @param host the address to listen on
 * @param port the port
 * @param dataDir where data is kept
 * @param durability when an event counts as kept
 * @param config the configuration file
 * @param insecure whether everybody who can connect is served without keys and tokens
 */
record ServeOptions(
    @Nullable String host,
    @Nullable String port,
    @Nullable String dataDir,
    @Nullable String durability,
    @Nullable String config,
    boolean insecure) {
  private static final String SERVE = "serve";
  private static final String INSECURE = "--insecure";
  private static final Set<String> OPTIONS =
      Set.of("--host", "--port", "--data-dir", "--durability", "--config", INSECURE);

  /**
   * {@return what arguments say that are nothing but {@code serve}, or not even that, and options,
   * each once and with a value after it; null when they are anything else, such as a mistake: then
   * {@link Cli} reads them}
   */
  static @Nullable ServeOptions plain(String... arguments) {
    var rest = new ArrayDeque<>(List.of(arguments));
    if (SERVE.equals(rest.peek())) {
      rest.remove();
    }
    var given = new HashMap<String, String>();
    while (!rest.isEmpty()) {
      var name = rest.remove();
      var value = name.equals(INSECURE) ? "given" : rest.poll();
      if (!OPTIONS.contains(name) || value == null || !isPlain(value)) {
        return null;
      }
      if (given.put(name, value) != null) {
        return null;
      }
    }
    return new ServeOptions(
        given.get("--host"),
        given.get("--port"),
        given.get("--data-dir"),
        given.get("--durability"),
        given.get("--config"),
        given.containsKey(INSECURE));
  }

  private static boolean isPlain(String value) {
    return !value.isEmpty() && !value.startsWith("-") && !value.startsWith("@");
  }
}
