// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private long now;
  private int reached;
  private final Deadline deadline = new Deadline(channel.eventLoop(), () -> now, () -> reached++);

  @BeforeEach
  void freeze() {
    channel.freezeTime();
  }

  @AfterEach
  void finish() {
    channel.finishAndReleaseAll();
  }

  private void pass(long nanos) {
    now += nanos;
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
  }

  @Test
  void isReachedOnceWhenItsTimeHasPassed() {
    deadline.set(100);
    pass(99);
    assertThat(reached).isZero();
    pass(1);
    pass(1_000);
    assertThat(reached).isOne();
  }

  @Test
  void movesLaterWithoutANewTimer() {
    deadline.set(100);
    pass(60);
    deadline.set(100);
    pass(60);
    assertThat(reached).isZero();
    pass(40);
    assertThat(reached).isOne();
  }

  @Test
  void movesEarlier() {
    deadline.set(1_000);
    deadline.set(10);
    pass(10);
    assertThat(reached).isOne();
    pass(10_000);
    assertThat(reached).isOne();
  }

  @Test
  void isNotReachedOnceCleared() {
    deadline.set(100);
    deadline.clear();
    pass(1_000);
    assertThat(reached).isZero();
    deadline.set(100);
    pass(100);
    assertThat(reached).isOne();
  }

  @Test
  void leavesNoTimerBehindWhenStopped() {
    deadline.set(100);
    deadline.stop();
    assertThat(channel.runScheduledPendingTasks()).isEqualTo(-1);
    deadline.set(50);
    pass(50);
    assertThat(reached).isOne();
  }
}
