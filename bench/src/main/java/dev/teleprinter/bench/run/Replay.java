// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.EventLedger;
import dev.teleprinter.bench.load.LedgerException;
import dev.teleprinter.bench.load.NumberedData;
import dev.teleprinter.bench.load.PlainClient;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.io.IOException;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One reader after the other comes back to an answer of 1,000 events of which it has the first, as
 * after a reload. Stateless.
 */
final class Replay {
  private static final int EVENTS = 1000;
  private static final long NANOS_MAX = 10_000_000_000L;

  private Replay() {}

  static Sample replayed(Round round) throws Exception {
    var hub = round.server.hub();
    var topic = round.topics().getFirst();
    int bytes = round.plan.dataBytes();
    var subscribe = hub.subscribe(round.topics());
    String first;
    try (var publisher = new PlainClient(hub.port());
        var reader = new PlainClient(hub.port())) {
      var ledger = EventLedger.fromFirst(1, bytes, EventLedger.Uncertain.NOTHING);
      reader.open(subscribe);
      publisher.post(hub.publish(topic, NumberedData.of(0, 0, bytes)));
      reader.read(ledger, 1);
      first = ledger.lastEventId();
      for (int number = 1; number < EVENTS; number++) {
        publisher.post(hub.publish(topic, NumberedData.of(0, number, bytes)));
      }
    }
    var toFirst = new Histogram(NANOS_MAX, 3);
    var toLast = new Histogram(NANOS_MAX, 3);
    long end = System.nanoTime() + (long) (round.seconds * 1e9);
    while (System.nanoTime() < end) {
      resume(hub.port(), subscribe.with("last-event-id", first), bytes, toFirst, toLast);
    }
    return new Sample(
        Map.of(
            Figure.FIRST_BYTE,
            toFirst.getValueAtPercentile(50) / 1e6,
            Figure.FIRST_BYTE_P99,
            toFirst.getValueAtPercentile(99) / 1e6,
            Figure.LAST_BYTE,
            toLast.getValueAtPercentile(50) / 1e6));
  }

  private static void resume(
      int port, dev.teleprinter.bench.load.Ask ask, int bytes, Histogram toFirst, Histogram toLast)
      throws IOException {
    try (var client = new PlainClient(port)) {
      var ledger = EventLedger.fromAnywhere(1, bytes);
      long from = System.nanoTime();
      client.open(ask);
      client.read(ledger, 1);
      toFirst.recordValue(System.nanoTime() - from);
      client.read(ledger, EVENTS - 1);
      toLast.recordValue(System.nanoTime() - from);
      if (ledger.received() != EVENTS - 1) {
        throw new LedgerException(
            "resume: %d events (expected: %d)".formatted(ledger.received(), EVENTS - 1));
      }
    }
  }
}
