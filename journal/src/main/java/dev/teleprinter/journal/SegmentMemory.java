// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Direct memory for segments, in blocks of a few sizes, bounded in all. Thread-safe.
 *
 * <p>Memory comes in slabs of 1 MiB. A slab is cut into blocks of one size for as long as one of
 * them is in use; a slab that is wholly free again may be cut differently. A block larger than a
 * slab is a slab of its own; its memory returns to the system by the garbage collector, as that of
 * the free slabs does which give way to it.
 *
 * <p>The lock is taken once per segment, never per event.
 */
final class SegmentMemory {
  static final int SLAB_BYTES = 1 << 20;
  static final int BLOCK_BYTES_MIN = 1 << 8;

  private static final System.Logger LOG = System.getLogger("dev.teleprinter.journal");

  /** Block sizes: each power of two from the least to a whole slab. */
  private static final int SIZES = 13;

  /** How many sizes larger a block may be than asked, when nothing else is left. */
  private static final int LARGER_MAX = 2;

  // Guarded by this.
  private final ArrayDeque<Slab> free = new ArrayDeque<>(); // wholly free
  private final List<ArrayDeque<Slab>> partial = new ArrayList<>(); // by size: partly free
  private long bytesMax;
  private long slabBytes;
  private long usedBytes;

  SegmentMemory(long bytesMax) {
    this.bytesMax = bytesMax;
    for (int size = 0; size < SIZES; size++) {
      partial.add(new ArrayDeque<>());
    }
  }

  /** {@return bytes in blocks that are in use} */
  synchronized long usedBytes() {
    return usedBytes;
  }

  /** {@return bytes in slabs, in use or not: never above the bound} */
  synchronized long slabBytes() {
    return slabBytes;
  }

  /** {@return a block of at least so many bytes, or null when the bound is reached} */
  synchronized @Nullable Block allocate(int bytes) {
    if (bytes > SLAB_BYTES) {
      return allocateAlone(bytes);
    }
    int size = size(bytes);
    var slab = partial.get(size).peekFirst();
    if (slab == null) {
      slab = cutSlab(size);
    }
    for (int more = 1; slab == null && more <= LARGER_MAX && size + more < SIZES; more++) {
      slab = partial.get(size + more).peekFirst();
    }
    if (slab == null) {
      return null;
    }
    int base = slab.take();
    if (slab.isFull()) {
      partial.get(size(slab.blockBytes)).removeFirst(); // it was looked at as the first
    }
    usedBytes += slab.blockBytes;
    return new Block(slab, base);
  }

  private static int size(int bytes) {
    int powerOfTwo = 32 - Integer.numberOfLeadingZeros(Math.max(bytes, BLOCK_BYTES_MIN) - 1);
    return powerOfTwo - Integer.numberOfTrailingZeros(BLOCK_BYTES_MIN);
  }

  private @Nullable Slab cutSlab(int size) {
    var slab = free.pollLast();
    if (slab == null) {
      slab = slabBytes + SLAB_BYTES > bytesMax ? null : newSlab(SLAB_BYTES);
    }
    if (slab != null) {
      slab.cut(BLOCK_BYTES_MIN << size);
      partial.get(size).addFirst(slab);
    }
    return slab;
  }

  private @Nullable Block allocateAlone(int bytes) {
    while (slabBytes + bytes > bytesMax && !free.isEmpty()) {
      free.removeLast();
      slabBytes -= SLAB_BYTES;
    }
    var slab = slabBytes + bytes > bytesMax ? null : newSlab(bytes);
    if (slab == null) {
      return null;
    }
    slab.cut(bytes);
    usedBytes += bytes;
    return new Block(slab, slab.take());
  }

  private @Nullable Slab newSlab(int bytes) {
    try {
      var slab = new Slab(this, ByteBuffer.allocateDirect(bytes));
      slabBytes += bytes;
      return slab;
    } catch (OutOfMemoryError e) {
      // The JVM's own limit is lower. Each refusal costs it half a second: ask no more.
      bytesMax = Math.max(slabBytes, SLAB_BYTES);
      LOG.log(
          Level.WARNING,
          "memory for frames is bounded to {0} bytes: the JVM gives no more direct memory"
              + " (see -XX:MaxDirectMemorySize)",
          bytesMax);
      return null;
    }
  }

  private synchronized void give(Slab slab, int base) {
    boolean wasFull = slab.isFull();
    slab.give(base);
    usedBytes -= slab.blockBytes;
    if (slab.bytes.capacity() > SLAB_BYTES) {
      slabBytes -= slab.bytes.capacity();
      return;
    }
    var sameSize = partial.get(size(slab.blockBytes));
    if (wasFull) {
      sameSize.addFirst(slab);
    }
    if (slab.inUse == 0) {
      sameSize.removeFirstOccurrence(slab);
      free.addLast(slab);
    }
  }

  /** A piece of direct memory: {@code [base, base + slab.blockBytes())} of a slab. Immutable. */
  record Block(Slab slab, int base) {}

  /** One direct buffer and which of its blocks are in use. Guarded by the memory, but for views. */
  static final class Slab {
    private final SegmentMemory memory;
    private final ByteBuffer bytes;
    private final long address;
    private int blockBytes; // constant while a block is in use
    private int blocks;
    private int inUse;
    private int wordHint; // no block is free in the words before it
    private long[] used = {}; // a bit for each block

    private Slab(SegmentMemory memory, ByteBuffer bytes) {
      this.memory = memory;
      this.bytes = bytes;
      this.address = MemorySegment.ofBuffer(bytes).address();
    }

    private void cut(int newBlockBytes) {
      blockBytes = newBlockBytes;
      blocks = bytes.capacity() / newBlockBytes;
      int words = (blocks + 63) / 64;
      if (used.length == words) {
        Arrays.fill(used, 0);
      } else {
        used = new long[words];
      }
      if (blocks % 64 != 0) {
        used[words - 1] = -1L << blocks; // there are no such blocks
      }
      wordHint = 0;
    }

    private boolean isFull() {
      return inUse == blocks;
    }

    /** Takes a free block. Returns its base. */
    private int take() {
      while (used[wordHint] == -1L) {
        wordHint++;
      }
      int bit = Long.numberOfTrailingZeros(~used[wordHint]);
      used[wordHint] |= 1L << bit;
      inUse++;
      return (wordHint * 64 + bit) * blockBytes;
    }

    private void give(int base) {
      int block = base / blockBytes;
      long bit = 1L << block; // the shift takes the block modulo 64
      if ((used[block / 64] & bit) == 0) {
        throw new IllegalStateException("block: " + block + " is free (expected: in use)");
      }
      used[block / 64] &= ~bit;
      inUse--;
      wordHint = Math.min(wordHint, block / 64);
    }

    /** {@return the size of its blocks} By one who holds a block. */
    int blockBytes() {
      return blockBytes;
    }

    /** {@return the whole buffer that the blocks are part of; use absolute positions only} */
    ByteBuffer buffer() {
      return bytes;
    }

    /** {@return the native address of the buffer} */
    long address() {
      return address;
    }

    /** Gives a block back. Exactly once. Any thread. */
    void free(int base) {
      memory.give(this, base);
    }
  }
}
