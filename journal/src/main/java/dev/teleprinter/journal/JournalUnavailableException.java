// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** The journal cannot keep the event now: it is full, failing or stopped. Nothing was appended. */
public final class JournalUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the facts for an operator. */
  public JournalUnavailableException(String message) {
    super(message);
  }
}
