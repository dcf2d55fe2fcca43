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

/** Who sees a frame counted sees its entry and its bytes. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Looked before the frame was visible.")
@Outcome(id = "7, 1", expect = Expect.ACCEPTABLE, desc = "Saw the whole frame.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Saw a frame that was not written yet.")
@State
public class SegmentPublication {
  private static final byte[] REST = "data: x\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final SegmentMemory MEMORY = new SegmentMemory(256L << 20);

  private final TopicLog log = new TopicLog("t", Retention.defaults(), 0);
  private final IdLine idLine = new IdLine("e");
  private final TrimOrder order = new TrimOrder();

  /** The appender. */
  @Actor
  public void append() {
    idLine.setOwn(Append.IdForm.PLAIN, 7);
    if (!log.write(MEMORY, order, 7, 0, idLine, REST)) {
      throw new IllegalStateException("memory: used up");
    }
    log.accept();
    log.publish();
  }

  /** A reader: the sequence, and whether the bytes are whole. */
  @Actor
  public void read(JJ_Result result) {
    if (TopicReader.one(log, 0, 0, () -> 0, 1000) instanceof Frames frames) {
      var slice = frames.slice(0);
      var expected = "11\r\nid: e-7\ndata: x\n\n\r\n";
      boolean whole = slice.remaining() == expected.length();
      for (int i = 0; whole && i < expected.length(); i++) {
        whole = slice.get(slice.position() + i) == expected.charAt(i);
      }
      result.r1 = frames.through();
      result.r2 = whole ? 1 : 2;
      frames.release();
    }
  }

  /** Gives the memory back. */
  @Arbiter
  public void discard(JJ_Result result) {
    new TopicTrimmer(order, new RunningTotals(), new TopicMemory(new MemoryBudget(64 << 20)))
        .discard(log);
  }
}
