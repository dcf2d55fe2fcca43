// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A run of one topic's frames in direct memory, with its index. The appender writes, any thread
 * reads.
 *
 * <pre>
 *  base                                                             base + capacity
 *  | frame 0 | frame 1 | … | frame n-1 |     free     | entry n-1 | … | entry 1 | entry 0 |
 *
 *  frame: hex length, CR LF, "id: …" LF, other fields, LF, CR LF      (one HTTP/1.1 chunk)
 *  entry: sequence (8), end position of the frame (4), seconds when it was appended (4)
 * </pre>
 *
 * <p>Positions are relative to base. A frame and its entry are written first; then the count is
 * published by a release-store, which pairs with the acquire-load that every reader starts with.
 *
 * <p>Its memory is reference-counted: one for the topic log, one for each read that holds frames.
 */
final class Segment implements Segments {
  static final int ENTRY_BYTES = 16;

  private static final VarHandle COUNT;
  private static final VarHandle REFERENCES;

  static {
    try {
      var lookup = MethodHandles.lookup();
      COUNT = lookup.findVarHandle(Segment.class, "count", int.class);
      REFERENCES = lookup.findVarHandle(Segment.class, "references", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The topic whose frames these are. */
  final TopicLog topic;

  /** The ordinal within the topic of frame 0. */
  final long firstOrdinal;

  private final SegmentMemory.Slab slab;
  private final int base;

  // Confined to the appender: neighbours in the TrimOrder.
  @Nullable Segment older;
  @Nullable Segment newer;

  // Written by the appender, read by any thread through the acquire of COUNT.
  private int count;

  // Any thread, by REFERENCES.
  @SuppressWarnings({"FieldCanBeFinal", "UnusedVariable"})
  private int references = 1;

  Segment(SegmentMemory.Block block, TopicLog topic, long firstOrdinal) {
    this.slab = block.slab();
    this.base = block.base();
    this.topic = topic;
    this.firstOrdinal = firstOrdinal;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public Segment get(int index) {
    return this;
  }

  /** {@return the number of frames readers may see; the first thing a reader reads} */
  int count() {
    return (int) COUNT.getAcquire(this);
  }

  long sequence(int index) {
    return slab.buffer().getLong(entry(index));
  }

  /** {@return the position after frame {@code index}} */
  int end(int index) {
    return slab.buffer().getInt(entry(index) + 8);
  }

  /** {@return the position of frame {@code index}} */
  int start(int index) {
    return index == 0 ? 0 : end(index - 1);
  }

  /** {@return when frame {@code index} was appended, in the journal's seconds} */
  int seconds(int index) {
    return slab.buffer().getInt(entry(index) + 12);
  }

  /** {@return the index of the first frame with a greater sequence, {@code count} if none} */
  int indexAfter(long after, int visible) {
    if (visible > 0 && sequence(visible - 1) <= after) {
      return visible;
    }
    // The usual reader is one event behind.
    if (visible > 1 && sequence(visible - 2) <= after) {
      return visible - 1;
    }
    int low = 0;
    int high = visible;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sequence(middle) <= after) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** {@return the index after the last frame that begins within {@code bytesMax} of frame from} */
  int indexWithin(int from, int visible, int bytesMax) {
    long limit = (long) start(from) + bytesMax;
    if (end(visible - 1) <= limit) {
      return visible;
    }
    int low = from + 1;
    int high = visible;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (end(middle) <= limit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Appends a frame, not yet visible. Appender only. Returns false when it does not fit. */
  boolean write(long sequence, int seconds, IdLine idLine, byte[] rest) {
    int blockBytes = idLine.length() + rest.length;
    int at = count == 0 ? 0 : end(count - 1);
    int end = at + Chunks.framedBytes(blockBytes);
    if (end > slab.blockBytes() - ENTRY_BYTES * (count + 1)) {
      return false;
    }
    var buffer = slab.buffer();
    int position = idLine.put(buffer, Chunks.putHead(buffer, base + at, blockBytes));
    buffer.put(position, rest);
    Chunks.putLineEnd(buffer, position + rest.length);
    int entry = entry(count);
    buffer.putLong(entry, sequence);
    buffer.putInt(entry + 8, end);
    buffer.putInt(entry + 12, seconds);
    return true;
  }

  /** Makes the frame written last visible. Appender only. */
  void publish() {
    COUNT.setRelease(this, count + 1); // pairs with getAcquire in count()
  }

  /** {@return a read-only view of positions {@code [from, to)}; the caller holds a reference} */
  ByteBuffer view(int from, int to) {
    return slab.buffer().asReadOnlyBuffer().limit(base + to).position(base + from);
  }

  /** {@return the native address of frame {@code index}; the caller holds a reference} */
  long address(int index) {
    return slab.address() + base + start(index);
  }

  /** Takes a reference. Returns false when the memory is already given back. */
  boolean tryRetain() {
    for (; ; ) {
      int now = (int) REFERENCES.getVolatile(this);
      if (now == 0) {
        return false;
      }
      if (REFERENCES.compareAndSet(this, now, now + 1)) {
        return true;
      }
    }
  }

  /** Drops a reference; the last one gives the memory back. */
  void release() {
    int before = (int) REFERENCES.getAndAdd(this, -1);
    if (before == 1) {
      slab.free(base);
    }
    if (before < 1) {
      throw new IllegalStateException("references: " + before + " (expected: >= 1)");
    }
  }

  /** {@return the block's size in bytes} */
  int capacity() {
    return slab.blockBytes();
  }

  private int entry(int index) {
    return base + slab.blockBytes() - ENTRY_BYTES * (index + 1);
  }
}
