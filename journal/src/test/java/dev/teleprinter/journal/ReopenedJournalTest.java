// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * The contract, while it is closed and opened again all the time. One thing begins anew with each
 * start, and would show in very long histories: how long an open topic of which nothing is kept has
 * been so.
 */
final class ReopenedJournalTest implements RestlessContract {
  @Override
  public int reopenOneIn() {
    return 6;
  }

  @Override
  public int evictOneIn() {
    return 6;
  }
}
