// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** The contract, while memory is used up all the time. */
final class EvictedJournalTest implements RestlessContract {
  @Override
  public int reopenOneIn() {
    return 0;
  }

  @Override
  public int evictOneIn() {
    return 2;
  }
}
