// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.EventLedger;
import dev.teleprinter.bench.load.NumberedData;
import dev.teleprinter.bench.load.PlainClient;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.util.Arrays;
import java.util.Map;

/**
 * A server is started again and again, each time with nothing kept: from the moment its command is
 * executed until a reader has the first event that was published to it. Its files are in the
 * system's page cache by then, and what it records at its first start is recorded. Stateless.
 */
final class Starts {
  private static final int STARTS = 7;

  private Starts() {}

  static Sample started(Round round) throws Exception {
    var millis = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      millis[i] = once(round);
    }
    Arrays.sort(millis);
    return new Sample(
        Map.of(Figure.STARTED, millis[STARTS / 2], Figure.STARTED_MOST, millis[STARTS - 1]));
  }

  private static double once(Round round) throws Exception {
    round.server.kill();
    round.server.forget();
    int bytes = round.plan.dataBytes();
    var topics = round.topics();
    var ledger = EventLedger.fromFirst(1, bytes, EventLedger.Uncertain.NOTHING);
    round.server.startAgain();
    var hub = round.server.hub();
    try (var reader = new PlainClient(hub.port());
        var publisher = new PlainClient(hub.port())) {
      reader.open(hub.subscribe(topics));
      publisher.post(hub.publish(topics.getFirst(), NumberedData.of(0, 0, bytes)));
      reader.read(ledger, 1);
    }
    return Round.millisSince(round.server.process().startedNanos());
  }
}
