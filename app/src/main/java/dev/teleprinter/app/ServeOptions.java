// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

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

  static ServeOptions none() {
    return new ServeOptions(null, null, null, null, null, false);
  }
}
