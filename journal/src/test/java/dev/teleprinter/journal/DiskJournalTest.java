// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.nio.file.Path;
import java.time.Clock;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;

final class DiskJournalTest implements JournalContract {
  @TempDir private Path folder;
  private int journals;

  @Override
  public Journal open(JournalConfig config, Clock clock, RandomGenerator random) {
    var directory = folder.resolve("journal" + journals++);
    // Small files, so that histories have several.
    var disk = DiskConfig.defaults().withDurability(Durability.OS).withFileBytesMax(4096);
    return DiskJournal.open(DiskFolder.lock(directory), config, disk, clock, random);
  }

  @Override
  public int histories() {
    return 60;
  }

  @Override
  public void sweep(Journal journal) {
    ((DiskJournal) journal).sweep();
  }
}
