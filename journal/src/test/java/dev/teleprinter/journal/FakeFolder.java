// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A folder in memory, with faults on request. Thread-safe. */
final class FakeFolder implements Folder {
  /** What may go wrong. */
  enum Fault {
    /** Half of a write is done, then there is no room. */
    FULL,
    /** Neither new files nor writes. */
    READ_ONLY,
    /** What was written cannot be forced. */
    FORCE_FAILS
  }

  private final Map<String, Content> files = new ConcurrentSkipListMap<>();
  private volatile @Nullable Fault fault;
  private volatile boolean gone;
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger written = new AtomicInteger();
  private volatile Runnable onForce = () -> {};

  private static final class Content {
    byte[] bytes = {};

    synchronized Content copy() {
      var copy = new Content();
      copy.bytes = bytes.clone();
      return copy;
    }
  }

  void set(@Nullable Fault newFault) {
    fault = newFault;
  }

  /** Runs before each force. */
  void onForce(Runnable action) {
    onForce = action;
  }

  /** {@return how often files were opened to be read} */
  int opened() {
    return opened.get();
  }

  /** {@return bytes written in all} */
  int written() {
    return written.get();
  }

  /** What a process that is killed now leaves behind. */
  FakeFolder copy() {
    var copy = new FakeFolder();
    files.forEach((name, content) -> copy.files.put(name, content.copy()));
    return copy;
  }

  byte[] bytes(String name) {
    return content(name).copy().bytes;
  }

  void put(String name, byte[] bytes) {
    var content = new Content();
    content.bytes = bytes.clone();
    files.put(name, content);
  }

  /** The names of the journal's own files. */
  List<String> journalFiles() {
    return files.keySet().stream().filter(name -> name.endsWith(".tpj")).toList();
  }

  private Content content(String name) {
    var content = files.get(name);
    if (content == null) {
      throw new IllegalStateException("no file " + name);
    }
    return content;
  }

  private void failIf(Fault one, String message) throws IOException {
    if (fault == one) {
      throw new IOException(message);
    }
  }

  @Override
  public List<String> names() {
    return List.copyOf(files.keySet());
  }

  @Override
  public Handle open(String name) throws IOException {
    opened.incrementAndGet();
    var content = files.get(name);
    if (content == null) {
      throw new NoSuchFileException(name);
    }
    return new FakeHandle(content);
  }

  @Override
  public Handle create(String name) throws IOException {
    failIf(Fault.READ_ONLY, "Read-only file system");
    return new FakeHandle(files.computeIfAbsent(name, _ -> new Content()));
  }

  @Override
  public void delete(String name) {
    files.remove(name);
  }

  @Override
  public void replace(String name, String target) {
    files.put(target, content(name));
    files.remove(name);
  }

  @Override
  public boolean isAt(String name, Handle opened) {
    return opened instanceof FakeHandle handle && handle.content.equals(files.get(name));
  }

  @Override
  public boolean isThere() {
    return !gone;
  }

  /** Moves the folder away, or back. */
  void setGone(boolean isGone) {
    gone = isGone;
  }

  @Override
  public void force() {}

  @Override
  public String description() {
    return "fake";
  }

  @Override
  public void close() {}

  private final class FakeHandle implements Handle {
    private final Content content;

    private FakeHandle(Content content) {
      this.content = content;
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      written.addAndGet(from.remaining());
      failIf(Fault.READ_ONLY, "Read-only file system");
      boolean full = fault == Fault.FULL;
      var bytes = new byte[full ? from.remaining() / 2 : from.remaining()];
      from.get(bytes);
      synchronized (content) {
        int end = (int) position + bytes.length;
        if (end > content.bytes.length) {
          content.bytes = Arrays.copyOf(content.bytes, end);
        }
        System.arraycopy(bytes, 0, content.bytes, (int) position, bytes.length);
      }
      failIf(Fault.FULL, "No space left on device");
    }

    @Override
    public boolean read(ByteBuffer into, long position) {
      synchronized (content) {
        int count = (int) Math.max(0, Math.min(into.remaining(), content.bytes.length - position));
        into.put(content.bytes, (int) Math.min(position, content.bytes.length), count);
      }
      return !into.hasRemaining();
    }

    @Override
    public long size() {
      synchronized (content) {
        return content.bytes.length;
      }
    }

    @Override
    public void truncate(long size) {
      synchronized (content) {
        content.bytes = Arrays.copyOf(content.bytes, (int) Math.min(size, content.bytes.length));
      }
    }

    @Override
    public void force() throws IOException {
      onForce.run();
      failIf(Fault.FORCE_FAILS, "Input/output error");
    }

    @Override
    public void close() {}
  }
}
