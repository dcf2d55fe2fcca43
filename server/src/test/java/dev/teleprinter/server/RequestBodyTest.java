// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RequestBodyTest {
  private static final int PIECE = 64 << 10;

  private final MemoryBudget budget = new MemoryBudget(32 << 20);
  private final MemoryBudget.Reservation memory = budget.open(Holder.REQUESTS);

  /** A loop of one connection, turned by hand: what is posted to it waits. */
  private static final class SlowLoop implements RequestBody.Flow {
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private boolean reading = true;
    private RequestBody body;

    @Override
    public void wanted() {}

    @Override
    public void open() {}

    @Override
    public void pauseChanged() {
      posted.add(() -> reading = !body.isPaused());
    }

    void turn() {
      for (var task = posted.poll(); task != null; task = posted.poll()) {
        task.run();
      }
    }
  }

  private static SlowLoop loop(MemoryBudget.Reservation memory) {
    var loop = new SlowLoop();
    loop.body = new RequestBody(loop, memory);
    return loop;
  }

  private static byte[] bytes(int count, long seed) {
    var bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void isReadAgainWhenTheReaderCatchesUpBeforeTheLoopHasPaused() throws Exception {
    var loop = loop(memory);
    for (int i = 0; i < 5; i++) {
      loop.body.feed(Unpooled.wrappedBuffer(new byte[PIECE]));
    }
    var into = new byte[PIECE];
    for (int i = 0; i < 5; i++) { // all is read while the pause is still on its way to the loop
      assertThat(loop.body.read(into, 0, PIECE)).isEqualTo(PIECE);
    }
    loop.turn();
    assertThat(loop.reading).isTrue();
  }

  @Test
  void pausesUntilHalfIsTaken() throws Exception {
    var loop = loop(memory);
    for (int i = 0; i < 5; i++) {
      loop.body.feed(Unpooled.wrappedBuffer(new byte[PIECE]));
    }
    loop.turn();
    assertThat(loop.reading).isFalse();
    var into = new byte[PIECE];
    for (int i = 0; i < 3; i++) {
      assertThat(loop.body.read(into, 0, PIECE)).isEqualTo(PIECE);
      loop.turn();
      assertThat(loop.reading).isFalse();
    }
    assertThat(loop.body.read(into, 0, PIECE)).isEqualTo(PIECE);
    loop.turn();
    assertThat(loop.reading).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void arrivesWholeWhateverTheLoopAndTheReaderDoFirst(long seed) throws Exception {
    var random = new Random(seed);
    for (int turn = 0; turn < 40; turn++) {
      try (var mine = budget.open(Holder.REQUESTS)) {
        var loop = loop(mine);
        var sent = bytes(1 + random.nextInt(1 << 20), seed);
        var read = new AtomicReference<byte[]>();
        boolean whole = random.nextBoolean();
        var reader =
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    read.set(
                        whole
                            ? loop.body.readWhole(1 << 20, -1)
                            : loop.body.asStream().readAllBytes());
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
        for (int at = 0; at < sent.length; ) {
          loop.turn();
          if (loop.reading) {
            int count = Math.min(sent.length - at, 1 + random.nextInt(PIECE));
            loop.body.feed(Unpooled.wrappedBuffer(sent, at, count));
            at += count;
          } else {
            Thread.onSpinWait();
          }
        }
        loop.body.end();
        reader.join();
        assertThat(read.get()).isEqualTo(sent);
      }
    }
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aSmallBodyReservesNothing() throws Exception {
    var loop = loop(memory);
    loop.body.feed(Unpooled.wrappedBuffer(new byte[RequestBody.FREE_BYTES]));
    assertThat(budget.reserved()).isZero();
    loop.body.feed(Unpooled.wrappedBuffer(new byte[10]));
    assertThat(budget.reserved()).isEqualTo(10);
  }

  @Test
  void aStreamGivesBackWhatIsRead() throws Exception {
    var loop = loop(memory);
    var into = new byte[1000];
    for (int i = 0; i < 100; i++) {
      loop.body.feed(Unpooled.wrappedBuffer(new byte[3000]));
      for (int read = 0; read < 3000; read += loop.body.read(into)) {
        assertThat(budget.reserved()).isLessThanOrEqualTo(3000);
      }
    }
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void aWholeBodyStaysReserved() throws Exception {
    var loop = loop(memory);
    loop.body.feed(Unpooled.wrappedBuffer(new byte[100_000]));
    loop.body.feed(Unpooled.wrappedBuffer(new byte[100_000]));
    loop.body.end();
    assertThat(loop.body.readWhole(1 << 20, 200_000)).hasSize(200_000);
    assertThat(budget.reserved()).isEqualTo(200_000 - RequestBody.FREE_BYTES);
    memory.close();
    assertThat(budget.reserved()).isZero();
  }

  @Test
  void isRefusedWhenItsBytesFindNoMemoryAndHoldsNothingThen() {
    budget.reserveAlways(Holder.ANSWERS, budget.bytesMax() / 4 * 3 - 200_000);
    var loop = loop(memory);
    for (int i = 0; i < 4; i++) {
      loop.body.feed(Unpooled.wrappedBuffer(new byte[PIECE]));
    }
    assertThatThrownBy(() -> loop.body.readWhole(1 << 20, -1))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.status()).isEqualTo(503);
              assertThat(refusal.code()).isEqualTo("memory_full");
              assertThat(refusal.headers()).containsKey("Retry-After");
            });
    assertThat(loop.body.isPaused()).isFalse(); // its rest is dropped
  }

  @Test
  void isRefusedByItsLengthBeforeItComes() {
    budget.reserveAlways(Holder.ANSWERS, budget.bytesMax() / 2);
    var body = loop(memory).body;
    assertThatThrownBy(() -> body.readWhole(1 << 20, 2 << 20)).hasMessageContaining("expected");
    assertThatThrownBy(() -> body.readWhole(16 << 20, 9 << 20)).hasMessageContaining("memory");
    assertThat(memory.bytes()).isZero();
  }

  @Test
  void endsAReadThatWaitsWhenItsSenderLeaves() {
    var body = loop(memory).body;
    body.feed(Unpooled.wrappedBuffer(new byte[3]));
    body.cut();
    var pieces = new ArrayDeque<>(Arrays.asList(3, -2));
    assertThatThrownBy(
            () -> {
              while (body.read(new byte[10]) == pieces.element()) {
                pieces.remove();
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cut");
  }
}
