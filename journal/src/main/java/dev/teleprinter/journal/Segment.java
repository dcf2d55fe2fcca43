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
 * <p>Positions are relative to base. A frame and its entry are written first, and accepted; then
 * the count of all that are accepted is published by a release-store, which pairs with the
 * acquire-load that every reader starts with.
 *
 * <p>Its memory is reference-counted: one for the topic log, one for each read that holds frames.
 *
 * <p>There may be a million of these, one for each topic: 40 bytes each. Therefore a count of
 * frames has two bytes, and the references share four with the place of the block in its slab.
 */
final class Segment implements Segments {
  static final int ENTRY_BYTES = 16;

  /** More small frames than fit into the largest block: it is only a limit to be sure of. */
  private static final int FRAMES_MAX = Character.MAX_VALUE;

  // placeAndReferences: the block's number in its slab in the upper 12 bits, which never change.
  private static final int REFERENCE_BITS = 20;
  private static final int REFERENCES_MASK = (1 << REFERENCE_BITS) - 1;

  private static final VarHandle COUNT;
  private static final VarHandle REFERENCES;

  static {
    try {
      var lookup = MethodHandles.lookup();
      COUNT = lookup.findVarHandle(Segment.class, "count", char.class);
      REFERENCES = lookup.findVarHandle(Segment.class, "placeAndReferences", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The topic whose frames these are. */
  final TopicLog topic;

  /** The ordinal within the topic of frame 0. */
  final long firstOrdinal;

  private final SegmentMemory.Slab slab;

  // Confined to the appender: neighbours in the TrimOrder.
  @Nullable Segment older;
  @Nullable Segment newer;
  private char accepted; // frames written, visible or not

  // Written by the appender, read by any thread through the acquire of COUNT.
  private char count;

  // Any thread, by REFERENCES.
  @SuppressWarnings("FieldCanBeFinal")
  private int placeAndReferences;

  Segment(SegmentMemory.Block block, TopicLog topic, long firstOrdinal) {
    this.slab = block.slab();
    this.placeAndReferences =
        ((block.base() / SegmentMemory.BLOCK_BYTES_MIN) << REFERENCE_BITS) | 1; // the topic log's
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
    return (char) COUNT.getAcquire(this);
  }

  /** {@return where the block begins in its slab} */
  private int base() {
    return (placeAndReferences >>> REFERENCE_BITS) * SegmentMemory.BLOCK_BYTES_MIN;
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

  /**
   * Writes a frame after those that were accepted, over one that was not. Appender only. Returns
   * false when it does not fit.
   */
  boolean write(long sequence, int seconds, IdLine idLine, byte[] rest) {
    int position = beginFrame(idLine.length() + rest.length);
    if (position < 0) {
      return false;
    }
    position = idLine.put(slab.buffer(), position);
    slab.buffer().put(position, rest);
    endFrame(sequence, seconds, position + rest.length);
    return true;
  }

  /** The same for a whole block, borrowed. */
  boolean write(long sequence, int seconds, ByteBuffer block) {
    int bytes = block.remaining();
    int position = beginFrame(bytes);
    if (position < 0) {
      return false;
    }
    slab.buffer().put(position, block, block.position(), bytes);
    endFrame(sequence, seconds, position + bytes);
    return true;
  }

  /** {@return where the block goes, -1 when it does not fit} */
  private int beginFrame(int blockBytes) {
    int at = acceptedBytes();
    int end = at + Chunks.framedBytes(blockBytes);
    return end > slab.blockBytes() - ENTRY_BYTES * (accepted + 1) || accepted == FRAMES_MAX
        ? -1
        : Chunks.putHead(slab.buffer(), base() + at, blockBytes);
  }

  private void endFrame(long sequence, int seconds, int position) {
    var buffer = slab.buffer();
    int end = Chunks.putLineEnd(buffer, position) - base();
    int entry = entry(accepted);
    buffer.putLong(entry, sequence);
    buffer.putInt(entry + 8, end);
    buffer.putInt(entry + 12, seconds);
  }

  /** Keeps the frame written last, not yet visible. Appender only. */
  void accept() {
    accepted++;
  }

  /** {@return the number of frames accepted, visible or not} Appender only. */
  int accepted() {
    return accepted;
  }

  /** {@return whether no frame is accepted} Appender only. */
  boolean isEmpty() {
    return accepted == 0;
  }

  /** {@return whether frames are accepted that are not visible} Appender only. */
  boolean isPartlyVisible() {
    return accepted > count;
  }

  /** {@return wire bytes of the visible frames} Appender only. */
  int visibleBytes() {
    return count == 0 ? 0 : end(count - 1);
  }

  /** {@return wire bytes of the frames accepted, visible or not} Appender only. */
  int acceptedBytes() {
    return accepted == 0 ? 0 : end(accepted - 1);
  }

  /** Makes the frames accepted visible. Appender only. */
  void publish() {
    COUNT.setRelease(this, accepted); // pairs with getAcquire in count()
  }

  /** Takes the frames back that are not visible. Appender only. */
  void rollBack() {
    accepted = count;
  }

  /** {@return a read-only view of positions {@code [from, to)}; the caller holds a reference} */
  ByteBuffer view(int from, int to) {
    return slab.buffer().asReadOnlyBuffer().limit(base() + to).position(base() + from);
  }

  /** {@return the native address of frame {@code index}; the caller holds a reference} */
  long address(int index) {
    return slab.address() + base() + start(index);
  }

  /** Takes a reference. Returns false when the memory is already given back. */
  boolean tryRetain() {
    for (; ; ) {
      int now = (int) REFERENCES.getVolatile(this);
      if ((now & REFERENCES_MASK) == 0) {
        return false;
      }
      if ((now & REFERENCES_MASK) == REFERENCES_MASK) {
        throw new IllegalStateException("references: 1,048,575 (expected: fewer)");
      }
      if (REFERENCES.compareAndSet(this, now, now + 1)) {
        return true;
      }
    }
  }

  /** Drops a reference; the last one gives the memory back. */
  void release() {
    int before = (int) REFERENCES.getAndAdd(this, -1) & REFERENCES_MASK;
    if (before == 1) {
      slab.free(base());
    }
    if (before < 1) {
      REFERENCES.getAndAdd(this, 1); // nothing of the place was meant to change
      throw new IllegalStateException("references: " + before + " (expected: >= 1)");
    }
  }

  /** {@return the block's size in bytes} */
  int capacity() {
    return slab.blockBytes();
  }

  private int entry(int index) {
    return base() + slab.blockBytes() - ENTRY_BYTES * (index + 1);
  }
}
