// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TopicLogTest {
  /**
   * What an idle topic may cost on the heap beside its name, its place in the table and its frames:
   * its log and the log's one segment. There may be a million of them: eight bytes more are 8 MB.
   */
  private static final long IDLE_BYTES_MAX = 80;

  /** The same where each object has an ordinary header: four bytes more, rounded up to eight. */
  private static final long IDLE_BYTES_MAX_LARGE_HEADERS = IDLE_BYTES_MAX + 2 * 8;

  private static final int OBJECTS = 1000;
  private static final byte[] REST = "data: x\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LARGE = ("data: " + "x".repeat(300) + "\n\n").getBytes();

  private final SegmentMemory memory = new SegmentMemory(4 << 20);
  private final TrimOrder order = new TrimOrder();
  private final TopicMemory account = new TopicMemory(new MemoryBudget(64 << 20));
  private final IdLine idLine = new IdLine("e");
  private final TopicLog log = new TopicLog("t", Retention.defaults(), 0);

  private void write(long sequence, byte[] rest) {
    idLine.setOwn(Append.IdForm.PLAIN, sequence);
    assertThat(log.write(memory, order, sequence, 0, idLine, rest)).isTrue();
  }

  private long readAfter(long after) {
    if (TopicReader.one(log, after, after, () -> 9, 1) instanceof Frames frames) {
      frames.release();
      return frames.through();
    }
    return 0;
  }

  @Test
  void publishesWhatIsAcceptedThoughASegmentWasBegunInVainAfterIt() {
    write(1, REST);
    log.accept();
    write(2, LARGE); // an append that fails in another of its topics
    log.publish();
    assertThat(readAfter(0)).isEqualTo(1);
    assertThat(log.latest).isEqualTo(1);
    write(3, LARGE);
    log.accept();
    log.publish();
    assertThat(readAfter(1)).isEqualTo(3);
    assertThat(log.kept()).isEqualTo(2);
  }

  @Test
  void itsBytesAreThoseOfWhatIsKeptWhateverBecomesOfIt() {
    var trimmer = new TopicTrimmer(order, new RunningTotals(), account);
    for (int sequence = 1; sequence <= 40; sequence++) {
      write(sequence, sequence % 3 == 0 ? LARGE : REST);
      log.accept();
      if (sequence % 4 == 0) {
        log.rollBack(order);
      } else {
        log.publish();
      }
      if (sequence % 7 == 0) {
        trimmer.evictSegment(log, 0);
      }
      if (sequence % 17 == 0) {
        trimmer.trimSegment(log, 0);
      }
      var state = TopicState.of(log);
      assertThat(log.bytes()).as("after %s", sequence).isEqualTo(state.bytes());
      assertThat(log.kept()).isEqualTo(state.events());
    }
    trimmer.discard(log);
    assertThat(log.bytes()).isZero();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void anIdleTopicCostsLittleHeap() {
    var block = memory.allocate(SegmentMemory.BLOCK_BYTES_MIN);
    assertThat(block).isNotNull();
    long idle =
        heapBytes(() -> new TopicLog("t", log.retention, 0))
            + heapBytes(() -> new Segment(block, log, 0));
    boolean compact = heapBytes(Object::new) == 8;
    assertThat(idle).isBetween(1L, compact ? IDLE_BYTES_MAX : IDLE_BYTES_MAX_LARGE_HEADERS);
  }

  /** What making one object allocates, in all. */
  private static long heapBytes(Supplier<Object> making) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var objects = new Object[OBJECTS]; // kept, so that none is made on the stack
    objects[0] = making.get(); // whatever the first of a kind needs
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < OBJECTS; i++) {
      objects[i] = making.get();
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(objects).doesNotContainNull();
    return allocated / OBJECTS;
  }
}
