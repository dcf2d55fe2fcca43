// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.tests.EventWire;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Topics without end. Each test has a server of its own, as it leaves that full. */
@Tag("long")
@Timeout(900)
class HostileTopicsIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int BATCH = 50;

  @Test
  void topicsWithLongNamesAreRefusedInTimeAndTheSameHeapOpensThemAgain() throws Exception {
    floodWithLongNames();
  }

  static void floodWithLongNames() throws Exception {
    flood("n".repeat(3_980), AttackStrength.HEAP_MIB * 400);
  }

  @Test
  void topicsWithShortNamesAreRefusedInTimeAndTheSameHeapOpensThemAgain() throws Exception {
    flood("n", AttackStrength.HEAP_MIB * 8_000);
  }

  private static void flood(String prefix, int topicsMax) throws Exception {
    try (var server = AttackedServer.start()) {
      var siege = new Siege(server);
      var made = new int[1];
      siege.attack(
          (long) AttackStrength.HEAP_MIB << 19,
          port -> {
            var saw = new FateTally();
            made[0] = publishUntilRefused(port, prefix, topicsMax, saw);
            return "names of " + (prefix.length() + 6) + " bytes: " + saw;
          });
      assertThat(made[0]).isPositive();
      server.killAndStartAgain();
      for (int number : new int[] {0, made[0] / 2, made[0] - 1}) {
        assertKept(server.port(), prefix + "/" + number);
      }
      try (var bystander = new Bystander(server.port())) {
        AttackPace.pause(Duration.ofSeconds(1));
        assertThat(bystander.stop().faults()).isEmpty();
      }
      server.assertAlive();
    }
  }

  /** {@return how many topics were accepted; those before the first refusal are whole} */
  private static int publishUntilRefused(int port, String prefix, int topicsMax, FateTally saw)
      throws IOException {
    int made = 0;
    boolean refused = false;
    try (var connection = new RawConnection(port)) {
      for (int i = 0; i < topicsMax && saw.total() - made < 2_000; i += BATCH) {
        var forms = new StringBuilder();
        for (int j = i; j < i + BATCH; j++) {
          forms.append(RawConnection.publish("topic=" + prefix + "/" + j + "&data=x"));
        }
        connection.send(forms.toString());
        for (int j = 0; j < BATCH; j++) {
          int status = connection.reply(LIMIT).status();
          saw.add(Integer.toString(status));
          refused |= status != 200;
          made += refused ? 0 : 1;
        }
      }
    }
    saw.assertOnly(200, 429, 503);
    return made;
  }

  private static void assertKept(int port, String topic) throws IOException {
    var path = RawConnection.HUB + "?last_event_id=earliest&topic=" + topic;
    try (var wire = EventWire.get(port, path)) {
      assertThat(wire.status()).isEqualTo(200);
      assertThat(EventWire.data(wire.block())).isEqualTo("x");
    }
  }
}
