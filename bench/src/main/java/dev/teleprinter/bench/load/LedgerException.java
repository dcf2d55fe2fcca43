// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

/** A subscriber did not get each event once and in order: the run is void. */
public final class LedgerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LedgerException(String message) {
    super(message);
  }
}
