// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the machine does not have, or takes away. Each test has a server of its own. */
@Tag("long")
@Timeout(300)
class HostileMachineIT {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Test
  void withoutDescriptorsItGoesOnAndAcceptsAgainWhenThereAreSome() throws Exception {
    exhaustDescriptors();
  }

  static void exhaustDescriptors() throws Exception {
    try (var server = AttackedServer.start("", 256)) {
      var siege = new Siege(server).turningAway();
      for (int round = 0; round < AttackStrength.of(1, 5); round++) {
        siege.attack(HostileMachineIT::exhaust);
      }
      server.teleprinter().stop(); // by SIGTERM, in peace
      assertThat(server.teleprinter().output()).doesNotContain("Exception", "Error");
    }
  }

  private static String exhaust(int port) throws Exception {
    var connections = new ArrayList<RawConnection>();
    for (int i = 0; i < 400; i++) {
      connections.add(new RawConnection(port)); // the kernel's queue takes them
    }
    AttackPace.pause(Duration.ofMillis(1_500));
    for (var connection : connections) {
      connection.close();
    }
    var fates = new FateTally();
    boolean accepts =
        AttackPace.await(
            LIMIT,
            () -> {
              try (var connection = new RawConnection(port)) {
                var fate =
                    connection.send(RawConnection.get("/healthz")).fate(Duration.ofSeconds(1));
                fates.add(fate);
                return fate.equals(new ConnectionFate.Answered(200));
              } catch (IOException e) {
                return false;
              }
            });
    assertThat(accepts).as("it accepts again: %s", fates).isTrue();
    return "400 connections with 256 descriptors, then: " + fates;
  }

  @Test
  void aDataDirectoryThatIsTakenAwayEndsAcknowledgements() throws Exception {
    takeDataAway();
  }

  static void takeDataAway() throws Exception {
    try (var server = AttackedServer.start()) {
      try (var connection = new RawConnection(server.port())) {
        publish(connection, 200);
        delete(server.teleprinter().folder().resolve("data"));
        boolean refuses =
            AttackPace.await(
                Duration.ofSeconds(15),
                () -> {
                  try {
                    return connection
                            .send(RawConnection.publish("topic=gone&data=x"))
                            .reply(LIMIT)
                            .status()
                        >= 500;
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
        assertThat(refuses).as("publishes are refused").isTrue();
      }
      server.assertAlive();
    }
  }

  private static void publish(RawConnection connection, int status) throws IOException {
    var reply = connection.send(RawConnection.publish("topic=gone&data=x")).reply(LIMIT);
    assertThat(reply.status()).isEqualTo(status);
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
