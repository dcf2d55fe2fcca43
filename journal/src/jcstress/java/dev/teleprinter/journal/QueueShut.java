// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** An append that meets the end of the queue fails: nobody is left waiting. */
@JCStressTest
@Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both failed.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Somebody waits for ever.")
@State
public class QueueShut {
  private final AppendQueue queue = new AppendQueue(1 << 20, Thread.currentThread());
  private final Pending one = Pending.close("1");
  private final Pending other = Pending.close("2");

  /** A producer. */
  @Actor
  public void one() {
    queue.offer(one);
  }

  /** Another, and the consumer's last act. */
  @Actor
  public void other() {
    queue.offer(other);
    queue.shut();
  }

  /** How many were told. */
  @Arbiter
  public void told(I_Result result) {
    result.r1 = (one.isDone() ? 1 : 0) + (other.isDone() ? 1 : 0);
  }
}
