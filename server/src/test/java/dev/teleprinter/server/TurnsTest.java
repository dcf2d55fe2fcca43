// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.Frames;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.journal.Topics;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final MemoryJournal journal = new MemoryJournal(JournalConfig.defaults());
  private final ServerConfig config = ServerConfig.defaults();
  private final LoopDelivery loop =
      new LoopDelivery(
          channel.eventLoop(),
          new Delivery(journal, List.of(), config, new MemoryBudget(1 << 20), () -> 0),
          config,
          () -> 0);

  private final Queue<Runnable> later = new ArrayDeque<>();
  private final List<Long> served = new ArrayList<>();
  private long bytesOfEach = Turns.BYTES_AT_ONCE / 2;
  private final Turns turns =
      new Turns(later::add, new PassSends(() -> false), this::serve, () -> {});

  @AfterEach
  void finish() {
    channel.finishAndReleaseAll();
    journal.close();
  }

  @Test
  void servesSomeAtATimeInTheOrderTheyCame() {
    for (int i = 0; i < 5; i++) {
      turns.add(subscription(i));
    }
    assertThat(later).hasSize(1);
    later.remove().run();
    assertThat(served).containsExactly(0L, 1L);
    assertThat(later).hasSize(1);
    later.remove().run();
    later.remove().run();
    assertThat(served).containsExactly(0L, 1L, 2L, 3L, 4L);
    assertThat(later).isEmpty();
  }

  @Test
  void servesThoseWhoNeedLittleByTheHundred() {
    bytesOfEach = 100;
    for (int i = 0; i < 100; i++) {
      turns.add(subscription(i));
    }
    later.remove().run();
    assertThat(served).hasSize(100);
  }

  @Test
  void keepsOnePlaceForEach() {
    var one = subscription(1);
    turns.add(one);
    turns.add(one);
    assertThat(one.awaitsTurn()).as("no pass serves it meanwhile").isTrue();
    later.remove().run();
    assertThat(served).containsExactly(1L);
    assertThat(one.awaitsTurn()).isFalse();
    assertThat(later).isEmpty();
  }

  @Test
  void goesOnWithTheOthersWhenOneFails() {
    turns.add(subscription(-1));
    turns.add(subscription(2));
    assertThatThrownBy(() -> later.remove().run()).isInstanceOf(IllegalStateException.class);
    later.remove().run();
    assertThat(served).containsExactly(2L);
  }

  private long serve(Subscription subscription) {
    if (subscription.number() < 0) {
      throw new IllegalStateException("a bug");
    }
    served.add(subscription.number());
    return bytesOfEach;
  }

  private Subscription subscription(long number) {
    var start = Response.Subscribe.to(Topics.of("t"), 0);
    return new Subscription(loop, start, new NoOutlet(), "", number, 0, Long.MAX_VALUE);
  }

  /** Nothing leaves here. */
  private static final class NoOutlet implements Subscription.Outlet {
    @Override
    public String remote() {
      return "";
    }

    @Override
    public String protocol() {
      return "";
    }

    @Override
    public boolean isFree() {
      return false;
    }

    @Override
    public long heldBytes() {
      return 0;
    }

    @Override
    public long taken() {
      return Uptake.NOTHING_WAITS;
    }

    @Override
    public void offer(Frames frames, Response.View view) {}

    @Override
    public void offer(byte[] block) {}

    @Override
    public void heartbeat() {}

    @Override
    public void end() {}

    @Override
    public void cut() {}

    @Override
    public void letGo() {}
  }
}
