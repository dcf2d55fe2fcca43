// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** The journal cannot keep the event now: it is full, failing or stopped. Nothing was appended. */
public final class JournalUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why, for those who tell a client. */
  public enum Reason {
    /** No room for frames or topics, or it is stopped. */
    UNAVAILABLE,
    /** The disk is full; it heals once there is room. */
    STORAGE_FULL,
    /** The disk does not take it: read-only, failing. It heals once it does. */
    STORAGE_FAILED
  }

  private final Reason reason;

  /** With the facts for an operator. */
  public JournalUnavailableException(String message) {
    this(Reason.UNAVAILABLE, message);
  }

  /** With the reason, and the facts for an operator. */
  public JournalUnavailableException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** {@return why} */
  public Reason reason() {
    return reason;
  }
}
