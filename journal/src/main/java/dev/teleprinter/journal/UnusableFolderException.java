// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** A folder cannot be a journal's: what is in it, or who else uses it, and the remedy. */
public final class UnusableFolderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the facts and what to do. */
  public UnusableFolderException(String message) {
    super(message);
  }
}
