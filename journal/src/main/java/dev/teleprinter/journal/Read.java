// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** What a cursor finds. Switch over it: the compiler checks the cases. */
public sealed interface Read permits Frames, Read.AtTail, Read.Gap, Read.Ended, Read.Cold {
  /** Nothing after the cursor yet: wait for an append. */
  record AtTail() implements Read {}

  /**
   * Retention passed the cursor: events after it are gone. Tell the reader, then read on with
   * {@code told} set to {@code through}.
   *
   * @param through the last sequence that is gone
   * @param earliest the first sequence after the cursor that is kept, 0 when none is
   * @param latest the hub's newest sequence
   */
  record Gap(long through, long earliest, long latest) implements Read {}

  /** Every topic asked for is closed, and all of it is before the cursor. */
  record Ended() implements Read {}

  /**
   * What is next is on the disk only: {@link Journal#readBlocking} brings it, which no event loop
   * may wait for.
   */
  record Cold() implements Read {}

  /** The one {@link Cold}. */
  Cold COLD = new Cold();

  /** The one {@link AtTail}. */
  AtTail AT_TAIL = new AtTail();

  /** The one {@link Ended}. */
  Ended ENDED = new Ended();
}
