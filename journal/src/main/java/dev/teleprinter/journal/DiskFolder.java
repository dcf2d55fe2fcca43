// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A folder of the file system, locked against other journals. Thread-safe. */
final class DiskFolder implements Folder {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");
  private static final String LOCK = "lock";

  private final Path path;
  private final @Nullable FileChannel lock; // null: somebody only looks at a folder
  private final @Nullable Object lockKey; // null where files have none

  private DiskFolder(Path path, @Nullable FileChannel lock, @Nullable Object lockKey) {
    this.path = path;
    this.lock = lock;
    this.lockKey = lockKey;
  }

  /** {@return what tells a file from all others, null when there is none, or files have none} */
  private static @Nullable Object key(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Makes the folder if need be and locks it.
   *
   * @throws UnusableFolderException when it cannot be written to, or another journal has it
   */
  static DiskFolder lock(Path path) {
    FileChannel channel;
    try {
      Files.createDirectories(path);
      channel = FileChannel.open(path.resolve(LOCK), CREATE, WRITE);
    } catch (IOException e) {
      throw new UnusableFolderException(
          path + ": cannot be used: " + e + " (expected: a directory this user may write to)");
    }
    try {
      if (isLocked(channel)) {
        return new DiskFolder(path, channel, key(path.resolve(LOCK)));
      }
    } catch (IOException e) {
      closeQuietly(channel);
      throw new UnusableFolderException(
          path + ": cannot be locked: " + e + " (expected: a file system with locks)");
    }
    closeQuietly(channel);
    throw new UnusableFolderException(
        path + ": in use by another server (expected: stop that one, or choose another directory)");
  }

  /**
   * The same to look at only: a folder that cannot be written to, such as one on a disk that was
   * mounted read-only, cannot be another server's.
   */
  static DiskFolder lookAt(Path path) {
    boolean writable = Files.isWritable(path) && Files.isWritable(path.resolve(LOCK));
    return writable ? lock(path) : new DiskFolder(path, null, null);
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) { // by another journal of this process
      return false;
    }
  }

  @Override
  public List<String> names() throws IOException {
    try (var files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public Handle open(String name) throws IOException {
    return new DiskHandle(FileChannel.open(path.resolve(name), READ), null);
  }

  @Override
  public Handle create(String name) throws IOException {
    var file = path.resolve(name);
    var channel = FileChannel.open(file, CREATE, READ, WRITE);
    try {
      return new DiskHandle(channel, key(file));
    } catch (IOException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  @Override
  public boolean isAt(String name, Handle opened) throws IOException {
    return opened instanceof DiskHandle(var _, var key)
        && (key == null || key.equals(key(path.resolve(name))));
  }

  @Override
  public boolean isThere() throws IOException {
    return lockKey == null || lockKey.equals(key(path.resolve(LOCK)));
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  @Override
  public void replace(String name, String target) throws IOException {
    Files.move(
        path.resolve(name),
        path.resolve(target),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void force() throws IOException {
    try (var directory = FileChannel.open(path, READ)) {
      directory.force(true);
    }
  }

  @Override
  public String description() {
    return path.toString();
  }

  @Override
  public void close() {
    if (lock != null) {
      closeQuietly(lock); // and with it the lock
    }
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a file cannot be closed", e);
    }
  }

  /** A file channel, and what tells the file from others; null when nobody asks. */
  private record DiskHandle(FileChannel channel, @Nullable Object key) implements Handle {
    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      long at = position;
      while (from.hasRemaining()) {
        at += channel.write(from, at);
      }
    }

    @Override
    public boolean read(ByteBuffer into, long position) throws IOException {
      long at = position;
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          return false;
        }
        at += count;
      }
      return true;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
