// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Clock;
import java.util.Random;
import java.util.random.RandomGenerator;

/** The contract, held against a journal on disk that is not left alone. */
interface RestlessContract
    extends AppendContract, ReadContract, SeveralTopicsContract, RetentionContract, ModelContract {
  /** Before one read in how many it is closed and opened again; 0 for never. */
  int reopenOneIn();

  /** Before one read in how many it loses its memory; 0 for never. */
  int evictOneIn();

  @Override
  default Journal open(JournalConfig config, Clock clock, RandomGenerator random) {
    var folder = new FakeFolder();
    var disk = DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(4096);
    return new RestlessJournal(
        () -> DiskJournal.open(folder, config, disk, clock, random),
        new Random(random.nextLong()),
        reopenOneIn(),
        evictOneIn());
  }

  @Override
  default int histories() {
    return 60;
  }

  @Override
  default void sweep(Journal journal) {
    ((RestlessJournal) journal).sweep();
  }
}
