// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.MemoryBudget;
import org.junit.jupiter.api.Test;

class PendingRepliesTest {
  private final MemoryBudget memory = new MemoryBudget(4 * PendingReplies.BYTES_MAX);
  private final PendingReplies replies = new PendingReplies(memory);

  @Test
  void aSmallReplyReservesNothing() {
    assertThat(replies.tryAdd(1_000)).isTrue();
    assertThat(memory.reserved()).isZero();
    replies.remove(1_000);
    assertThat(memory.reserved()).isZero();
  }

  @Test
  void givesBackExactlyWhatItReserved() {
    int[] sizes = {100, 20_000, 3, 5_000_000, 16_384, 1};
    for (int size : sizes) {
      assertThat(replies.tryAdd(size)).isTrue();
    }
    assertThat(memory.reserved()).isEqualTo(5_036_488 - PendingReplies.UNRESERVED_BYTES);
    for (int size : sizes) {
      replies.remove(size);
    }
    assertThat(memory.reserved()).isZero();
  }

  @Test
  void takesOneReplyThatIsLargerThanTheBoundButNoneBesideIt() {
    int large = (int) PendingReplies.BYTES_MAX + 1;
    assertThat(replies.tryAdd(large)).isTrue();
    assertThat(replies.isFull()).isTrue();
    assertThat(replies.tryAdd(1)).isFalse();
    replies.remove(large);
    assertThat(replies.isFull()).isFalse();
    assertThat(replies.tryAdd(1)).isTrue();
  }

  @Test
  void declinesWhatTheAccountHasNoRoomFor() {
    memory.reserveAlways(MemoryBudget.Holder.TOPICS, memory.bytesMax());
    assertThat(replies.tryAdd(1 << 20)).isFalse();
    assertThat(replies.tryAdd(100)).as("small ones need none").isTrue();
  }

  @Test
  void givesAllBackWhenItsConnectionIsClosed() {
    replies.tryAdd(1 << 20);
    replies.close();
    replies.remove(1 << 20);
    assertThat(memory.reserved()).isZero();
  }
}
