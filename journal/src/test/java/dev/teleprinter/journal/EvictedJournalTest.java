// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Clock;
import java.util.Random;
import java.util.random.RandomGenerator;

/** The contract, while memory is used up all the time. */
final class EvictedJournalTest
    implements AppendContract,
        ReadContract,
        SeveralTopicsContract,
        RetentionContract,
        ModelContract {
  private int journals;

  @Override
  public Journal open(JournalConfig config, Clock clock, RandomGenerator random) {
    var folder = new FakeFolder();
    journals++;
    var disk = DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(4096);
    return new RestlessJournal(
        () -> DiskJournal.open(folder, config, disk, clock, random), new Random(journals), 0, 2);
  }

  @Override
  public int histories() {
    return 60;
  }

  @Override
  public void sweep(Journal journal) {
    ((RestlessJournal) journal).sweep();
  }
}
