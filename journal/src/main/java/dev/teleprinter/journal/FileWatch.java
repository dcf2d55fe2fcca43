// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;

/**
 * Notices that the file being written is no longer the one of its name, or that the folder is gone:
 * what is written into such a file would be acknowledged and never found again. Looks once a second
 * at most, and before a file is begun. Confined to the appender.
 *
 * <p>A file that was deleted or replaced is still whole for those who have it open: it is written
 * again under its name, and what was put in its place is set aside. A folder that was deleted or
 * moved away has lost its lock with it, so that another server may have begun there: until it is
 * back, or the server is started again, nothing is stored.
 */
final class FileWatch {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final int WINDOW_BYTES = 1 << 18;
  private static final long CHECK_MILLIS = 1000;

  private final Folder folder;
  private long checkedMillis = Long.MIN_VALUE;

  FileWatch(Folder folder) {
    this.folder = folder;
  }

  /** {@return whether it is time to look again} */
  boolean isDue(long nowMillis) {
    return nowMillis - CHECK_MILLIS >= checkedMillis || nowMillis < checkedMillis;
  }

  /**
   * Looks.
   *
   * @return the handle to go on with: another one when the file was written again; the other is
   *     closed
   * @throws IOException when the folder is gone, or the file cannot be written again
   */
  Folder.Handle check(JournalFile file, Folder.Handle opened, long nowMillis) throws IOException {
    checkFolder();
    var checked = folder.isAt(file.name(), opened) ? opened : rescue(file, opened);
    checkedMillis = nowMillis;
    return checked;
  }

  /** Looks at the folder alone: no file is open. */
  void checkFolder() throws IOException {
    checkedMillis = Long.MIN_VALUE; // whatever fails here is looked at again at once
    if (!folder.isThere()) {
      throw new IOException(
          "its directory was deleted or replaced (expected: put it back, or restart the server)");
    }
  }

  private Folder.Handle rescue(JournalFile file, Folder.Handle opened) throws IOException {
    var name = file.name();
    var draft = name + ".new";
    var copy = folder.create(draft);
    boolean copied = false;
    try {
      copy(opened, copy, file.bytes);
      copy.force();
      setAside(name);
      folder.replace(draft, name);
      folder.force();
      copied = true;
    } finally {
      if (!copied) {
        copy.close();
      }
    }
    opened.close();
    LOG.log(
        Level.WARNING, "journal: {0} was deleted or replaced: it is written again, whole", name);
    return copy;
  }

  private static void copy(Folder.Handle from, Folder.Handle to, long bytes) throws IOException {
    to.truncate(0);
    for (long at = 0; at < bytes; at += WINDOW_BYTES) {
      var window = ByteBuffer.allocate((int) Math.min(WINDOW_BYTES, bytes - at));
      if (!from.read(window, at)) {
        throw new IOException("the file is shorter than what was written to it");
      }
      to.write(window.flip(), at);
    }
  }

  private void setAside(String name) throws IOException {
    var taken = folder.names();
    if (!taken.contains(name)) {
      return;
    }
    var target = name + Recovery.ASIDE;
    for (int i = 2; taken.contains(target); i++) {
      target = name + Recovery.ASIDE + i;
    }
    folder.replace(name, target);
  }
}
