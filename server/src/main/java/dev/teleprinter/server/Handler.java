// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

/**
 * The seam between HTTP and what is behind it: takes one request and says how it is answered.
 * Called on a virtual thread of its own, so it may block. Implementations are thread-safe.
 */
@FunctionalInterface
public interface Handler {
  /**
   * Answers a request. A {@link ProblemException} becomes its problem document; anything else
   * thrown is logged and becomes {@code 500 internal_error} without details.
   */
  Response handle(Request request) throws Exception;
}
