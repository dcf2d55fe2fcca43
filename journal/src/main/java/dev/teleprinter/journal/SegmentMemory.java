// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Direct memory for segments, in blocks of a few sizes, bounded in all. Thread-safe.
 *
 * <p>Memory comes in slabs of 1 MiB. A slab is cut into blocks of one size for as long as one of
 * them is in use; a slab that is wholly free again may be cut differently. A block larger than a
 * slab is allocated on its own and returned to the system by the garbage collector.
 *
 * <p>The lock is taken once per segment, never per event.
 */
final class SegmentMemory {
  /** The sizes of blocks, each four times the one before. */
  static final int[] BLOCK_BYTES = {1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20};

  private static final int SLAB_BYTES = 1 << 20;

  private final long bytesMax;

  // Guarded by this.
  private final ArrayDeque<Slab> free = new ArrayDeque<>();
  private final List<ArrayDeque<Block>> blocks = new ArrayList<>();
  private long slabBytes;
  private long usedBytes;

  SegmentMemory(long bytesMax) {
    this.bytesMax = bytesMax;
    for (int i = 0; i < BLOCK_BYTES.length; i++) {
      blocks.add(new ArrayDeque<>());
    }
  }

  /** {@return bytes in blocks that are in use} */
  synchronized long usedBytes() {
    return usedBytes;
  }

  /** {@return a block of at least so many bytes, or null when the bound is reached} */
  synchronized @Nullable Block allocate(int bytes) {
    for (int i = 0; i < BLOCK_BYTES.length; i++) {
      if (bytes <= BLOCK_BYTES[i]) {
        return allocateOfSize(i);
      }
    }
    if (slabBytes + bytes > bytesMax) {
      return null;
    }
    slabBytes += bytes;
    usedBytes += bytes;
    return new Block(new Slab(ByteBuffer.allocateDirect(bytes)), 0, bytes, -1);
  }

  private @Nullable Block allocateOfSize(int size) {
    var block = nextFree(size);
    if (block == null && cutSlab(size)) {
      block = nextFree(size);
    }
    if (block == null) {
      return null;
    }
    block.slab.inUse++;
    usedBytes += block.bytes;
    return block;
  }

  private @Nullable Block nextFree(int size) {
    // Blocks of a slab that was cut anew since are stale: they are dropped here.
    for (var block = blocks.get(size).poll(); block != null; block = blocks.get(size).poll()) {
      if (block.cut == block.slab.cut) {
        return block;
      }
    }
    return null;
  }

  private boolean cutSlab(int size) {
    var slab = free.poll();
    while (slab != null && slab.inUse > 0) {
      slab.listedFree = false;
      slab = free.poll();
    }
    if (slab == null) {
      if (slabBytes + SLAB_BYTES > bytesMax) {
        return false;
      }
      slabBytes += SLAB_BYTES;
      slab = new Slab(ByteBuffer.allocateDirect(SLAB_BYTES));
    }
    slab.listedFree = false;
    slab.cut++;
    int blockBytes = BLOCK_BYTES[size];
    for (int at = 0; at < SLAB_BYTES; at += blockBytes) {
      blocks.get(size).add(new Block(slab, at, blockBytes, slab.cut));
    }
    return true;
  }

  private synchronized void give(Block block) {
    usedBytes -= block.bytes;
    if (block.cut < 0) {
      slabBytes -= block.bytes;
      return;
    }
    var slab = block.slab;
    slab.inUse--;
    for (int i = 0; i < BLOCK_BYTES.length; i++) {
      if (BLOCK_BYTES[i] == block.bytes) {
        blocks.get(i).addFirst(block);
      }
    }
    if (slab.inUse == 0 && !slab.listedFree) {
      slab.listedFree = true;
      free.add(slab);
    }
  }

  /** One direct buffer, and how often it has been cut into blocks. Guarded by the memory. */
  private static final class Slab {
    final ByteBuffer bytes;
    final long address;
    int cut;
    int inUse;
    boolean listedFree;

    Slab(ByteBuffer bytes) {
      this.bytes = bytes;
      this.address = MemorySegment.ofBuffer(bytes).address();
    }
  }

  /** A piece of direct memory: {@code [base, base + bytes)} of a buffer. */
  final class Block {
    private final Slab slab;
    private final int cut;
    final int base;
    final int bytes;

    private Block(Slab slab, int base, int bytes, int cut) {
      this.slab = slab;
      this.base = base;
      this.bytes = bytes;
      this.cut = cut;
    }

    /** {@return the whole buffer the block is part of; use absolute positions only} */
    ByteBuffer buffer() {
      return slab.bytes;
    }

    /** {@return the native address of base} */
    long address() {
      return slab.address + base;
    }

    /** Gives the block back. Exactly once. Any thread. */
    void free() {
      give(this);
    }
  }
}
