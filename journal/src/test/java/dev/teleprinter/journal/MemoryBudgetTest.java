// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.MemoryBudget.Holder;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  private static final long ALL = 1 << 20;

  private final MemoryBudget budget = new MemoryBudget(ALL);

  @Test
  void declinesWhatDoesNotFitAndReservesNothingThen() {
    assertThat(budget.tryReserve(Holder.REQUESTS, ALL)).isTrue();
    assertThat(budget.tryReserve(Holder.REPLIES, 1)).isFalse();
    assertThat(budget.reserved()).isEqualTo(ALL);
    assertThat(budget.reserved(Holder.REPLIES)).isZero();
    assertThat(budget.declined()).isOne();
    budget.release(Holder.REQUESTS, 1);
    assertThat(budget.tryReserve(Holder.REPLIES, 1)).isTrue();
  }

  @Test
  void aSumBeyondLongIsDeclined() {
    assertThat(budget.tryReserve(Holder.REQUESTS, 5)).isTrue();
    assertThat(budget.tryReserve(Holder.REQUESTS, Long.MAX_VALUE)).isFalse();
    assertThat(budget.reserved()).isEqualTo(5);
  }

  @Test
  void topicsGetHalfAtMost() {
    assertThat(budget.tryReserve(Holder.TOPICS, ALL / 2)).isTrue();
    assertThat(budget.tryReserve(Holder.TOPICS, 1)).isFalse();
    assertThat(budget.tryReserve(Holder.ANSWERS, ALL / 2)).isTrue();
  }

  @Test
  void aLargeReservationLeavesTheLastQuarterToSmallOnes() {
    try (var large = budget.open(Holder.REQUESTS);
        var small = budget.open(Holder.REQUESTS)) {
      assertThat(large.canGrow(ALL / 4 * 3 + 1)).isFalse();
      assertThat(large.canGrow(ALL / 4 * 3)).isTrue();
      assertThat(budget.reserved()).isZero();
      assertThat(large.tryGrow(ALL / 4 * 3)).isTrue();
      assertThat(large.tryGrow(1)).isFalse();
      assertThat(small.tryGrow(MemoryBudget.SMALL_BYTES_MAX)).isTrue();
      assertThat(small.tryGrow(1)).isFalse(); // it would no longer be small
    }
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aClosedReservationHoldsNothingAndTakesNothing() {
    var reservation = budget.open(Holder.REPLIES);
    assertThat(reservation.tryGrow(100)).isTrue();
    reservation.shrink(40);
    assertThat(budget.reserved(Holder.REPLIES)).isEqualTo(60);
    reservation.close();
    reservation.close();
    reservation.shrink(10);
    assertThat(reservation.tryGrow(1)).isFalse();
    assertThat(budget.reserved()).isZero();
    assertThat(budget.reserved(Holder.REPLIES)).isZero();
  }

  @Test
  void whatIsThereAlreadyIsCountedBeyondTheLimit() {
    budget.reserveAlways(Holder.TOPICS, 2 * ALL);
    assertThat(budget.reserved()).isEqualTo(2 * ALL);
    assertThat(budget.tryReserve(Holder.REQUESTS, 1)).isFalse();
    budget.release(Holder.TOPICS, 2 * ALL);
    assertThat(budget.tryReserve(Holder.REQUESTS, 1)).isTrue();
  }

  @Test
  void manyThreadsNeverHoldMoreThanTheLimitAndGiveAllBack() throws Exception {
    var beyond = new AtomicBoolean();
    var threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      var random = new Random(i);
      threads[i] =
          Thread.ofVirtual()
              .start(() -> {
                for (int turn = 0; turn < 2_000; turn++) {
                  try (var mine = budget.open(Holder.values()[random.nextInt(4)])) {
                    for (int piece = 0; piece < 8; piece++) {
                      mine.tryGrow(random.nextInt(50_000));
                      if (budget.reserved() > ALL) {
                        beyond.set(true);
                      }
                    }
                  }
                }
              });
    }
    for (var thread : threads) {
      thread.join();
    }
    assertThat(beyond).isFalse();
    assertThat(budget.reserved()).isZero();
    for (var holder : Holder.values()) {
      assertThat(budget.reserved(holder)).isZero();
    }
  }

  @Test
  void aHeapLeavesRoomForTheCollector() {
    assertThat(MemoryBudget.ofHeap(512L << 20).bytesMax()).isBetween(250L << 20, 300L << 20);
    assertThat(MemoryBudget.ofHeap(64L << 20).bytesMax()).isEqualTo(16L << 20);
  }
}
