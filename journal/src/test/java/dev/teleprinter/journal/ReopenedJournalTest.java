// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Clock;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * The contract, while it is closed and opened again all the time. One thing begins anew with each
 * start, and would show in very long histories: how long an open topic of which nothing is kept has
 * been so.
 */
final class ReopenedJournalTest
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
        () -> DiskJournal.open(folder, config, disk, clock, random), new Random(journals), 6, 6);
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
