// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/**
 * A topic of two segments loses the first one, and then gets a third event, while it is read from
 * the start: the reader is told the gap, or sees the events in order from the first.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Read the first event in time.")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Was told of the gap.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Passed over an event that it was not told of.")
@State
public class TrimmedWhileRead {
  private static final byte[] REST =
      ("data: " + "x".repeat(180) + "\n\n").getBytes(StandardCharsets.US_ASCII);
  private static final SegmentMemory MEMORY = new SegmentMemory(256L << 20);

  private final TopicLog log = new TopicLog("t", Retention.defaults(), 0);
  private final IdLine idLine = new IdLine("e");
  private final TrimOrder order = new TrimOrder();
  private final TopicTrimmer trimmer =
      new TopicTrimmer(order, new RunningTotals(), new TopicMemory(new MemoryBudget(64 << 20)));

  /** Two events, each in a segment of its own. */
  public TrimmedWhileRead() {
    append(1);
    append(2);
  }

  private void append(long sequence) {
    idLine.setOwn(Append.IdForm.PLAIN, sequence);
    if (!log.write(MEMORY, order, sequence, 0, idLine, REST)) {
      throw new IllegalStateException("memory: used up");
    }
    log.accept();
    log.publish();
  }

  /** The appender: its new segment may be the very memory that it gave back. */
  @Actor
  public void trim() {
    trimmer.trimSegment(log, 0);
    append(3);
  }

  /** A reader from the start. */
  @Actor
  public void read(JJ_Result result) {
    switch (TopicReader.one(log, 0, 0, () -> 3, 1)) {
      case Frames frames -> {
        result.r1 = frames.through();
        var slice = frames.slice(0);
        if (slice.get(slice.position() + 10) != '0' + frames.through()) {
          result.r1 = -1; // wrong bytes: "cd\r\nid: e-" comes before the sequence
        }
        frames.release();
      }
      case Read.Gap gap -> result.r2 = gap.through();
      default -> result.r2 = -1;
    }
  }

  /** Gives the memory back. */
  @Arbiter
  public void discard(JJ_Result result) {
    trimmer.discard(log);
  }
}
