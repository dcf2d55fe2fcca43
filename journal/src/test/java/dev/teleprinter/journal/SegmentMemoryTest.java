// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SegmentMemoryTest {
  private static final int MIB = 1 << 20;

  private static long address(SegmentMemory.Block block) {
    return block.slab().address() + block.base();
  }

  private static void free(SegmentMemory.Block block) {
    block.slab().free(block.base());
  }

  private static List<SegmentMemory.Block> fill(SegmentMemory memory, int bytes) {
    var blocks = new ArrayList<SegmentMemory.Block>();
    for (var block = memory.allocate(bytes); block != null; block = memory.allocate(bytes)) {
      blocks.add(block);
    }
    return blocks;
  }

  @Test
  void blocksNeverOverlapAndStayWithinTheBound() {
    for (int seed = 1; seed <= 20; seed++) {
      var random = new Random(seed);
      var memory = new SegmentMemory(8L * MIB);
      var inUse = new TreeMap<Long, SegmentMemory.Block>();
      long used = 0;
      for (int step = 0; step < 1000; step++) {
        if (!inUse.isEmpty() && random.nextInt(100) < 45) {
          var near = inUse.ceilingKey(random.nextLong());
          var block = inUse.remove(near == null ? inUse.firstKey() : near);
          used -= block.slab().blockBytes();
          free(block);
        } else {
          int bytes = 1 + random.nextInt(1 << (8 + random.nextInt(14)));
          var block = memory.allocate(bytes);
          if (block != null) {
            long from = address(block);
            int size = block.slab().blockBytes();
            used += size;
            assertThat(size).as("seed %s", seed).isGreaterThanOrEqualTo(bytes);
            assertThat(block.base() + size).isLessThanOrEqualTo(block.slab().buffer().capacity());
            var before = inUse.lowerEntry(from + size);
            assertThat(
                    before == null
                        || before.getKey() + before.getValue().slab().blockBytes() <= from)
                .as("seed %s: overlap", seed)
                .isTrue();
            inUse.put(from, block);
          }
        }
        if (step % 10 == 0) {
          assertThat(memory.usedBytes()).isEqualTo(used);
          assertThat(memory.slabBytes()).isBetween(used, 8L * MIB);
        }
      }
    }
  }

  @Test
  void cutsAFreeSlabAnew() {
    var memory = new SegmentMemory(4L * MIB);
    for (int bytes : new int[] {256, 1000, 100_000, MIB, 2 * MIB, 300, 4 * MIB, 256}) {
      var blocks = fill(memory, bytes);
      assertThat(blocks).as("blocks of %s bytes", bytes).isNotEmpty();
      assertThat(memory.usedBytes()).isEqualTo(4L * MIB);
      blocks.forEach(SegmentMemoryTest::free);
      assertThat(memory.usedBytes()).isZero();
    }
  }

  @Test
  void fitsBlocksToTheirUse() {
    var memory = new SegmentMemory(4L * MIB);
    assertThat(memory.allocate(1).slab().blockBytes()).isEqualTo(256);
    assertThat(memory.allocate(256).slab().blockBytes()).isEqualTo(256);
    assertThat(memory.allocate(257).slab().blockBytes()).isEqualTo(512);
    assertThat(memory.allocate(MIB).slab().blockBytes()).isEqualTo(MIB);
  }

  @Test
  void givesALargerBlockRatherThanNone() {
    var memory = new SegmentMemory(MIB);
    var large = memory.allocate(1024);
    assertThat(large).isNotNull();
    assertThat(memory.allocate(256)).isNotNull();
    assertThat(memory.allocate(2048)).isNull();
  }

  @Test
  void refusesABlockGivenBackTwice() {
    var memory = new SegmentMemory(MIB);
    memory.allocate(256);
    var block = memory.allocate(256);
    free(block);
    assertThatIllegalStateException().isThrownBy(() -> free(block));
  }
}
