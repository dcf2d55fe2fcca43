// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What delivery and append may allocate on the heap: a budget, so that nobody loses it silently.
 * Events go one by one to many readers, each of whom has read it before the next is appended:
 * nothing merges, so that every event is one delivery to each reader.
 */
@Timeout(60)
class AllocationTest {
  private static final int READERS = 50;
  private static final int WARM_UP = 2_000;
  private static final int EVENTS = 1_000;

  /** Of a pass over all readers, one read and one wake included: 16 more for each would show. */
  private static final long PASS_BYTES_MAX = 600;

  /** Of the appender's part of an append, the event's id as text included. */
  private static final long APPEND_BYTES_MAX = 200;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void passesAndAppendsStayWithinTheirBudgets() throws Exception {
    try (var hub = new TestHub()) {
      var readers = new ArrayList<WireClient>();
      for (int i = 0; i < READERS; i++) {
        readers.add(hub.client().get("/t/a"));
        readers.getLast().head();
        readers.getLast().chunk();
      }
      deliver(hub, readers, WARM_UP);
      long loops = allocatedBytes("tp-loop");
      long appender = allocatedBytes("tp-append");
      deliver(hub, readers, EVENTS);
      assertThat((allocatedBytes("tp-loop") - loops) / EVENTS).isBetween(1L, PASS_BYTES_MAX);
      assertThat((allocatedBytes("tp-append") - appender) / EVENTS).isBetween(1L, APPEND_BYTES_MAX);
      for (var reader : readers) {
        reader.close();
      }
    }
  }

  private static void deliver(TestHub hub, List<WireClient> readers, int events)
      throws IOException {
    for (int i = 0; i < events; i++) {
      hub.append("a", "hello");
      int bytes = hub.block(hub.journal.latest(), "hello").length();
      int chunkBytes = Integer.toHexString(bytes).length() + 2 + bytes + 2;
      for (var reader : readers) {
        reader.skip(chunkBytes);
      }
    }
  }

  private static long allocatedBytes(String threads) {
    long sum = 0;
    for (var thread : THREADS.dumpAllThreads(false, false)) {
      if (thread.getThreadName().startsWith(threads)) {
        sum += THREADS.getThreadAllocatedBytes(thread.getThreadId());
      }
    }
    return sum;
  }
}
