// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Clock;
import java.util.random.RandomGenerator;

final class MemoryJournalTest implements JournalContract {
  @Override
  public Journal open(JournalConfig config, Clock clock, RandomGenerator random) {
    return new MemoryJournal(config, clock, random);
  }

  @Override
  public void sweep(Journal journal) {
    ((MemoryJournal) journal).sweep();
  }
}
