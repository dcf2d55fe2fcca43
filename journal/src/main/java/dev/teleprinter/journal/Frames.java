// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Frames found after a cursor, in sequence: never empty. They lie in the journal's direct memory,
 * each framed as one HTTP/1.1 chunk (RFC 9112 7.1), neighbours back to back, so that a slice is
 * written to a socket as it is. Whoever got them from a read holds them until {@link #release()};
 * after that the bytes may change under any view. Immutable but for that; thread-safe.
 */
public final class Frames implements Read {
  private static final VarHandle HOLDERS;

  static {
    try {
      HOLDERS = MethodHandles.lookup().findVarHandle(Frames.class, "holders", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Segment[] segments;
  private final int[] from; // index of the first frame in the segment
  private final int[] to; // index after the last one
  private final int slices;
  private final int bytes;
  private final long through;
  private final boolean more;

  // Any thread, by HOLDERS. Counted here, not in the segments: one release too many is an error
  // and does not take the memory away from under the topic log and other readers.
  @SuppressWarnings({"FieldCanBeFinal", "UnusedVariable"})
  private int holders = 1;

  /** Takes over one reference to the segment. */
  Frames(Segment segment, int from, int to, boolean more) {
    this(new Segment[] {segment}, new int[] {from}, new int[] {to}, 1, more);
  }

  /** Takes over one reference to the segment of each slice. */
  private Frames(Segment[] segments, int[] from, int[] to, int slices, boolean more) {
    this.segments = segments;
    this.from = from;
    this.to = to;
    this.slices = slices;
    this.through = segments[slices - 1].sequence(to[slices - 1] - 1);
    this.more = more;
    int sum = 0;
    for (int i = 0; i < slices; i++) {
      sum += length(i);
    }
    this.bytes = sum;
  }

  /** {@return the reader's cursor once it has been sent all of these} */
  public long through() {
    return through;
  }

  /** {@return whether a read after these would find more frames, a gap, or the end, at once} */
  public boolean more() {
    return more;
  }

  /** {@return their size on the wire, chunk framing included} */
  public int bytes() {
    return bytes;
  }

  /** {@return how many contiguous runs of bytes they lie in, 1 or more} */
  public int slices() {
    return slices;
  }

  /** {@return a read-only view of one run, valid until released} */
  public ByteBuffer slice(int index) {
    var segment = segments[index];
    return segment.view(segment.start(from[index]), segment.end(to[index] - 1));
  }

  /** {@return the native address of one run, for transports that write by address} */
  public long address(int index) {
    return segments[index].address(from[index]);
  }

  /** {@return the bytes in one run} */
  public int length(int index) {
    var segment = segments[index];
    return segment.end(to[index] - 1) - segment.start(from[index]);
  }

  /** Calls the visitor with each frame's block, chunk framing left out, valid until released. */
  public void forEach(BlockVisitor visitor) {
    for (int i = 0; i < slices; i++) {
      var segment = segments[i];
      for (int index = from[i]; index < to[i]; index++) {
        var chunk = segment.view(segment.start(index), segment.end(index));
        visitor.onBlock(segment.sequence(index), Chunks.content(chunk));
      }
    }
  }

  /**
   * Holds the memory once more: release it once more. Only by one who holds it already.
   *
   * @throws IllegalStateException if nobody holds it
   */
  public void retain() {
    if ((int) HOLDERS.getAndAdd(this, 1) < 1) {
      throw new IllegalStateException("frames: retained after release");
    }
  }

  /**
   * Gives the memory back. Once for the read and once for each retain. Any thread.
   *
   * @throws IllegalStateException if it was given back before
   */
  public void release() {
    int before = (int) HOLDERS.getAndAdd(this, -1);
    if (before < 1) {
      throw new IllegalStateException("frames: released more often than held");
    }
    if (before == 1) {
      for (int i = 0; i < slices; i++) {
        segments[i].release();
      }
    }
  }

  /** Sees one event block: id line first, then the others, then the blank line. */
  @FunctionalInterface
  public interface BlockVisitor {
    /** The block is from the buffer's position to its limit; borrowed until it returns. */
    void onBlock(long sequence, ByteBuffer block);
  }

  /** Collects frames in sequence; neighbours in one segment become one slice. Not thread-safe. */
  static final class Builder {
    private Segment[] segments = new Segment[4];
    private int[] from = new int[4];
    private int[] to = new int[4];
    private int slices;
    private int bytes;

    boolean isEmpty() {
      return slices == 0;
    }

    long bytes() {
      return bytes;
    }

    /** Adds a frame of a segment that the caller holds; takes a reference of its own. */
    void add(Segment segment, int index) {
      bytes += segment.end(index) - segment.start(index);
      if (slices > 0 && segments[slices - 1] == segment && to[slices - 1] == index) {
        to[slices - 1]++;
        return;
      }
      if (slices == segments.length) {
        segments = Arrays.copyOf(segments, slices * 2);
        from = Arrays.copyOf(from, slices * 2);
        to = Arrays.copyOf(to, slices * 2);
      }
      if (!segment.tryRetain()) {
        throw new IllegalStateException("segment: given back while it is held");
      }
      segments[slices] = segment;
      from[slices] = index;
      to[slices] = index + 1;
      slices++;
    }

    Frames build(boolean more) {
      return new Frames(segments, from, to, slices, more);
    }
  }
}
