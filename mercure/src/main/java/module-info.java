// SPDX-License-Identifier: Apache-2.0

/** The Mercure hub: subscribe to topics and publish to them. */
@org.jspecify.annotations.NullMarked
module dev.teleprinter.mercure {
  requires static transitive org.jspecify;
  requires transitive dev.teleprinter.server;
  requires tools.jackson.core;

  exports dev.teleprinter.mercure;
}
