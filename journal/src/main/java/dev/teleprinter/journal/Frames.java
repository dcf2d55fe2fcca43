// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.nio.ByteBuffer;

/**
 * Frames found after a cursor, in sequence: never empty. They lie in the journal's direct memory,
 * each framed as one HTTP/1.1 chunk (RFC 9112 7.1), neighbours back to back, so that a slice is
 * written to a socket as it is. Whoever got them from a read holds them until {@link #release()};
 * after that the bytes may change under any view. Immutable but for that; thread-safe.
 */
public final class Frames implements Read {
  private final Segment[] segments;
  private final int[] from; // index of the first frame in the segment
  private final int[] to; // index after the last one
  private final int slices;
  private final int bytes;
  private final long through;
  private final boolean more;

  Frames(Segment[] segments, int[] from, int[] to, int slices, long through, boolean more) {
    this.segments = segments;
    this.from = from;
    this.to = to;
    this.slices = slices;
    this.through = through;
    this.more = more;
    int sum = 0;
    for (int i = 0; i < slices; i++) {
      sum += segments[i].end(to[i] - 1) - segments[i].start(from[i]);
    }
    this.bytes = sum;
  }

  /** {@return the reader's cursor once it has been sent all of these} */
  public long through() {
    return through;
  }

  /** {@return whether a read after these would find more frames, or the end, at once} */
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

  /** Holds the memory once more: release it once more. Only by one who holds it already. */
  public void retain() {
    for (int i = 0; i < slices; i++) {
      if (!segments[i].tryRetain()) {
        throw new IllegalStateException("frames: retained after release");
      }
    }
  }

  /** Gives the memory back. Once for the read and once for each retain. Any thread. */
  public void release() {
    for (int i = 0; i < slices; i++) {
      segments[i].release();
    }
  }

  /** Sees one event block: id line first, then the others, then the blank line. */
  @FunctionalInterface
  public interface BlockVisitor {
    /** The block is from the buffer's position to its limit; borrowed until it returns. */
    void onBlock(long sequence, ByteBuffer block);
  }
}
