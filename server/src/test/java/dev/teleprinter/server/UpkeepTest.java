// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UpkeepTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final ServerConfig config = ServerConfig.defaults();
  private final MemoryJournal journal = new MemoryJournal(JournalConfig.defaults());
  private long now;
  private final LoopDelivery loop =
      new LoopDelivery(
          channel.eventLoop(),
          new Delivery(journal, List.of(), config, new MemoryBudget(1 << 20), () -> now),
          config,
          () -> now);
  private final List<Integer> cut = new ArrayList<>();

  @BeforeEach
  void freeze() {
    channel.freezeTime();
  }

  @AfterEach
  void finish() {
    channel.finishAndReleaseAll();
    journal.close();
  }

  @Test
  void shedsThoseWhoTakeNothingOneByOne() {
    var readers = join(Upkeep.STUCK_MAX + 10);
    pass(config.timeouts().write().toNanos());
    loop.tick();
    assertThat(cut).containsExactly(0);
    pass(Upkeep.SHED_NANOS - 1);
    assertThat(cut).hasSize(1);
    pass(1);
    assertThat(cut).containsExactly(0, 1);
    readers.get(2).held--; // it has taken something
    for (int i = 2; i < readers.size(); i++) {
      pass(Upkeep.SHED_NANOS);
    }
    assertThat(cut).hasSize(Upkeep.STUCK_MAX - 1).doesNotContain(2);
    loop.tick();
    for (int i = 0; i < 20; i++) {
      pass(Upkeep.SHED_NANOS);
    }
    assertThat(cut).hasSize(readers.size() - 1).doesNotContain(2);
    assertThat(loop.shedCount()).isEqualTo(readers.size() - 1);
  }

  @Test
  void shedsAtTheSamePaceWhenMoreAreStuckThanAreKnown() {
    join(3 * Upkeep.STUCK_MAX);
    pass(config.timeouts().write().toNanos());
    for (int second = 1; second <= 2; second++) {
      loop.tick();
      for (int i = 0; i < 40; i++) {
        pass(Upkeep.SHED_NANOS);
      }
    }
    loop.tick();
    assertThat(cut).as("one at once, one each time").hasSize(81).doesNotHaveDuplicates();
  }

  @Test
  void looksAtMoreThanOneSliceHolds() {
    join(1_000).forEach(reader -> reader.free = true);
    pass(config.timeouts().heartbeat().toNanos());
    loop.tick();
    channel.runPendingTasks();
    assertThat(heartbeats).isEqualTo(1_000);
    assertThat(cut).isEmpty();
  }

  private int heartbeats;

  private List<StuckOutlet> join(int count) {
    var outlets = new ArrayList<StuckOutlet>();
    for (int i = 0; i < count; i++) {
      var outlet = new StuckOutlet(i);
      var start = Response.Subscribe.to(Topics.of("t"), 0);
      loop.join(new Subscription(loop, start, outlet, "", i, now, Long.MAX_VALUE));
      outlets.add(outlet);
    }
    pass(config.timeouts().write().toNanos() / 8);
    loop.tick(); // what each holds is known
    channel.runPendingTasks();
    return outlets;
  }

  private void pass(long nanos) {
    now += nanos;
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
  }

  /** A socket that takes nothing. */
  private final class StuckOutlet implements Subscription.Outlet {
    private final int number;
    private long held = 1_000;
    private boolean free;

    StuckOutlet(int number) {
      this.number = number;
    }

    @Override
    public String remote() {
      return "127.0.0.1:" + number;
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }

    @Override
    public boolean isFree() {
      return free;
    }

    @Override
    public long heldBytes() {
      return held;
    }

    @Override
    public long taken() {
      return free ? Uptake.NOTHING_WAITS : held;
    }

    @Override
    public void offer(Frames frames, Response.View view) {
      throw new IllegalStateException("offered to while it is not free");
    }

    @Override
    public void offer(byte[] block) {
      throw new IllegalStateException("offered to while it is not free");
    }

    @Override
    public void heartbeat() {
      heartbeats++;
    }

    @Override
    public void end() {
      throw new IllegalStateException("ended as a whole one");
    }

    @Override
    public void cut() {
      throw new IllegalStateException("cut as one who may read");
    }

    @Override
    public void letGo() {
      cut.add(number);
    }
  }
}
