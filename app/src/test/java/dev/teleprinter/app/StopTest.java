// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class StopTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final AtomicInteger status = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  private Stop stop(Runnable stopping, Duration limit) {
    return new Stop(
        stopping,
        limit,
        new PrintStream(err, true, UTF_8),
        s -> {
          status.set(s);
          ended.countDown();
        });
  }

  @Test
  void endsAStopThatIsStuck() {
    stop(() -> await(ended), Duration.ofMillis(1)).run();
    assertThat(status).hasValue(70);
    assertThat(err.toString(UTF_8)).startsWith("teleprinter: not stopped after").hasLineCount(1);
  }

  @Test
  void leavesAStopAloneThatIsInTime() {
    stop(() -> {}, Duration.ofHours(1)).run();
    assertThat(status).hasValue(0);
    assertThat(err.size()).isZero();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
