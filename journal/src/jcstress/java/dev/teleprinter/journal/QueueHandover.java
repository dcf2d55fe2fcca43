// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.journal.AppendQueue.Pending;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two producers and the consumer: nothing is lost, doubled or seen half. */
@JCStressTest
@Outcome(
    id = {"0, 2, 0", "1, 2, 0", "2, 2, 0"},
    expect = Expect.ACCEPTABLE,
    desc = "Each taken once.")
@Outcome(expect = Expect.FORBIDDEN, desc = "Lost, doubled, or half an append.")
@State
public class QueueHandover {
  private final AppendQueue queue = new AppendQueue(1 << 20, Thread.currentThread());
  private int half;

  /** A producer. */
  @Actor
  public void one() {
    queue.offer(Pending.close("1"));
  }

  /** Another, and the consumer, which finds what is there by now. */
  @Actor
  public void other(III_Result result) {
    queue.offer(Pending.close("2"));
    result.r1 = drain();
  }

  /** The consumer afterwards. */
  @Arbiter
  public void rest(III_Result result) {
    result.r2 = result.r1 + drain();
    result.r3 = half;
  }

  private int drain() {
    int taken = 0;
    for (var pending = queue.take(); pending != null; pending = queue.take()) {
      taken++;
      half += pending.close == null ? 1 : 0;
      queue.done(pending);
    }
    return taken;
  }
}
