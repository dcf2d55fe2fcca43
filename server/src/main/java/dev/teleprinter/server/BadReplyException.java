// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;

/**
 * Another server's reply breaks HTTP/1.1 or passes a limit, so that nothing in it can be relied on.
 * Its connection is closed. The message says which rule was broken and repeats nothing of the
 * reply.
 */
public final class BadReplyException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With the rule that was broken. */
  public BadReplyException(String message) {
    super(message);
  }
}
