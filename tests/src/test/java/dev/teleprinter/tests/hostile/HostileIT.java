// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * All attacks in a minute, several at a time. Each alone, longer and with other heaps: {@code mvn
 * verify -Phostile}.
 */
@Tag("alone")
@Timeout(300)
class HostileIT {
  private static Siege siege;

  @BeforeAll
  static void begin() {
    siege = Siege.begin();
  }

  @AfterAll
  static void end() {
    siege.close();
  }

  @Test
  void whateverStallsOrNeverReadsIsEnded() throws Exception {
    siege.attack(
        8L << 20,
        Siege.atOnce(
            HostileHeadsIT::stalled,
            HostileHeadsIT::slow,
            HostileHttp2IT::stalled,
            HostileHttp2IT::halfPrefaces,
            HostileHttp2IT::windowless,
            HostileReadersIT::unread));
  }

  @Test
  void bodiesThatFitAreAnsweredAndOthersRefused() throws Exception {
    siege.attack(
        Siege.atOnce(
            HostileBodiesIT::large,
            HostileBodiesIT::announced,
            HostileBodiesIT::forbidden,
            HostileBodiesIT::forbiddenStreams,
            HostileHttp2IT::bodies));
  }

  @Test
  void bodiesThatWouldFillTheMemoryAreRefused() throws Exception {
    siege.attack(
        Siege.atOnce(
            HostileBodiesIT::braces, HostileBodiesIT::nested, HostileBodiesIT::unfinished));
  }

  @Test
  void whatIsNoRequestCostsLittle() throws Exception {
    siege.attack(
        Siege.atOnce(
            HostileHeadsIT::malformed,
            HostileHeadsIT::passing,
            HostileHttp2IT::malformed,
            HostileHttp2IT::endless,
            HostileHttp2IT::resets,
            HostileHttp2IT::floods));
  }

  @Test
  void repliesThatNobodyReadsHoldTheirRequestsBack() throws Exception {
    siege.attack(HostileHeadsIT::pipelined);
  }

  @Test
  void whateverAnUpstreamSaysTheClientGetsAnErrorOfOurs() throws Exception {
    siege.attack(HostileUpstreamsIT::askAll);
  }

  @Test
  void manyStreamsAndManyWatchersAreServed() throws Exception {
    siege.attack(
        HostileReadersIT.WATCHED_BYTES,
        Siege.atOnce(
            HostileHttp2IT::streams, port -> HostileReadersIT.watched(siege.server(), port)));
  }

  @Test
  void topicsAreRefusedInTimeAndTheSameHeapOpensThemAgain() throws Exception {
    HostileTopicsIT.floodWithLongNames();
  }

  @Test
  void withoutDescriptorsItGoesOnAndAcceptsAgainWhenThereAreSome() throws Exception {
    HostileMachineIT.exhaustDescriptors();
  }

  @Test
  void aDataDirectoryThatIsTakenAwayEndsAcknowledgements() throws Exception {
    HostileMachineIT.takeDataAway();
  }
}
