// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

/**
 * The seam between HTTP and what is behind it: takes one request and says how it is answered.
 * Implementations are thread-safe.
 *
 * <p>Which thread calls it is said where it is added to the {@link Routes}. By {@link Routes#add},
 * a virtual thread of the request's own: the handler may block. By {@link Routes#addOnLoop}, the
 * connection's event loop, which saves two changes of thread: the handler must not block, but
 * returns {@link Response.Later} for what others will complete, and {@link Response.Blocking} for
 * what it finds does need a thread.
 */
@FunctionalInterface
public interface Handler {
  /**
   * Answers a request. A {@link ProblemException} becomes its problem document; anything else
   * thrown is logged and becomes {@code 500 internal_error} without details.
   */
  Response handle(Request request) throws Exception;
}
