// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.tests.hostile.AttackedServer.Holdings;
import java.time.Duration;
import java.util.StringJoiner;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * Attacks on a server, one after the other, each judged alike: a bystander is served throughout,
 * the process lives, and it holds no more than before within a minute. Confined to one thread.
 */
final class Siege implements AutoCloseable {
  private static final Duration RECOVERY_MAX = Duration.ofMinutes(1);
  private static final Duration WARM_UP = Duration.ofMillis(1_500);
  private static final Duration SHORTEST = Duration.ofMillis(2_600); // 130 events of the bystander
  private static final long HEAP_BYTES_MORE = 12L << 20;
  private static final int DESCRIPTORS_MORE = 16; // journal files, connections to upstreams
  private static final int THREADS_MORE = 16; // carriers of virtual threads, the compiler's

  private final AttackedServer server;
  private final Holdings idle;
  private boolean turnsAway; // new connections, by right

  /** What an attacker does for some seconds. {@link #run} returns what it saw. */
  @FunctionalInterface
  interface Attack {
    String run(int port) throws Exception;
  }

  /** A siege of a server that has served a bystander for a moment, and nobody else. */
  Siege(AttackedServer server) {
    this.server = server;
    try (var bystander = new Bystander(server.port())) {
      AttackPace.pause(WARM_UP);
      assertThat(bystander.stop().faults()).isEmpty();
    }
    this.idle = server.holdings();
  }

  /** Starts a server and lays siege to it. */
  static Siege begin() {
    return new Siege(AttackedServer.start());
  }

  /** {@return the siege of a server that has no place for new connections meanwhile} */
  Siege turningAway() {
    turnsAway = true;
    return this;
  }

  AttackedServer server() {
    return server;
  }

  /** An attack that leaves nothing behind. */
  void attack(Attack attack) throws Exception {
    attack(0, attack);
  }

  /** {@return some attacks at a time} */
  static Attack atOnce(Attack... attacks) {
    return port -> {
      var saw = new StringJoiner("\n            ");
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var running = Stream.of(attacks).map(one -> threads.submit(() -> one.run(port))).toList();
        for (var one : running) {
          saw.add(one.get());
        }
      } catch (ExecutionException e) {
        throw new AssertionError(e.getCause());
      }
      return saw.toString();
    };
  }

  /** An attack that leaves so many bytes in topics, by right. */
  void attack(long keptBytes, Attack attack) throws Exception {
    var sentence =
        StackWalker.getInstance()
            .walk(frames ->
                frames
                    .filter(frame -> frame.getClassName().endsWith("IT"))
                    .findFirst()
                    .orElseThrow()
                    .getMethodName());
    server.assureAlive(); // so that each attack is judged alone
    var bystander = new Bystander(server.port());
    String saw;
    long end = System.nanoTime() + SHORTEST.toNanos();
    try (bystander) {
      saw = attack.run(server.port());
      AttackPace.until(end);
    } catch (AssertionError | Exception e) {
      print(sentence, "FAILED: " + e.getMessage(), bystander.stop().toString());
      throw e;
    }
    var ledger = bystander.stop();
    print(sentence, saw, ledger.toString());
    server.assertAlive();
    assertThat(ledger.faults())
        .filteredOn(fault -> !turnsAway || !fault.startsWith(Bystander.TURNED_AWAY))
        .as("the bystander's faults")
        .isEmpty();
    assertThat(ledger.quantile(0.99))
        .as("the bystander's p99, %s", ledger)
        .isLessThan(Bystander.DELAY_MAX.plus(ledger.hiccups()));
    assertComesBack(keptBytes);
  }

  private static void print(String sentence, String saw, String bystander) {
    System.out.printf("%s%n  attacker: %s%n  bystander: %s%n", sentence, saw, bystander);
  }

  /** It holds what it held when it was idle, within a minute. */
  void assertComesBack(long keptBytes) {
    var last = new Holdings[1];
    boolean back =
        AttackPace.await(
            RECOVERY_MAX,
            () -> {
              last[0] = server.holdings();
              return last[0].heapBytes() <= idle.heapBytes() + HEAP_BYTES_MORE + keptBytes
                  && last[0].descriptors() <= idle.descriptors() + DESCRIPTORS_MORE
                  && last[0].threads() <= idle.threads() + THREADS_MORE;
            });
    assertThat(back).as("it comes back to %s: %s", idle, last[0]).isTrue();
  }

  @Override
  public void close() {
    server.close();
  }
}
