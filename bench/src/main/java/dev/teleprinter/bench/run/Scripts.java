// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.AnswerLedger;
import dev.teleprinter.bench.load.Chats;
import dev.teleprinter.bench.load.EventLedger;
import dev.teleprinter.bench.load.ModelServer;
import dev.teleprinter.bench.load.Source;
import dev.teleprinter.bench.load.Subscribers.Kind;
import dev.teleprinter.bench.load.TextLedger;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/** Rounds in which nothing goes wrong. Stateless. */
final class Scripts {
  private static final double IDLE_SECONDS = 35; // Teleprinter gives memory back after 15
  private static final int CHURN_MILLIS = 5;
  private static final int ANSWER_TOKENS = 300;

  private Scripts() {}

  /** Readers of what publishers publish. */
  static Sample published(Round round) throws Exception {
    var readers = round.readers(Kind.STEADY);
    var source = round.publishers(readers, false);
    round.connect(readers, round::numberLedger);
    round.connect(source);
    var sample = round.startAndMeasure(readers, source);
    round.finish(readers, source);
    return sample;
  }

  /** The same, while others connect, read a second and leave: 200 at a time, 200 a second. */
  static Sample churning(Round round) throws Exception {
    int visitors = 1000 / CHURN_MILLIS;
    var readers = round.readers(Kind.STEADY);
    var visiting = round.readers(Kind.RETURNING);
    var source = round.publishers(readers, false);
    round.connect(readers, round::numberLedger);
    round.connect(source);
    var plan = round.plan;
    round.connect(
        visiting,
        visitors,
        () -> EventLedger.fromAnywhere(plan.feedsPerReader(), plan.dataBytes()));
    int[] turn = {0};
    var leaving =
        round
            .loop
            .loop()
            .scheduleAtFixedRate(
                () -> {
                  visiting.drop(turn[0], turn[0] + 1);
                  turn[0] = (turn[0] + 1) % visitors;
                },
                0,
                CHURN_MILLIS,
                TimeUnit.MILLISECONDS);
    try {
      long before = round.loop.call(visiting::returns);
      long from = System.nanoTime();
      var sample = round.startAndMeasure(readers, source);
      double visits = round.loop.call(visiting::returns) - before;
      round.finish(readers, source);
      return sample.with(Figure.VISITS, visits * 1000 / Round.millisSince(from));
    } finally {
      leaving.cancel(false);
    }
  }

  /** Readers that get nothing: memory. */
  static Sample idle(Round round) throws Exception {
    int few = 200;
    var first = round.readers(Kind.STEADY);
    var source = round.publishers(first, false);
    round.connect(first, few, round::numberLedger);
    round.connect(source);
    round.loop.execute(source::start);
    round.pause(3);
    round.loop.call(() -> {
      source.close();
      first.close();
      return true;
    });
    round.pause(IDLE_SECONDS);
    var process = round.server.process();
    double rss = process.residentBytes();
    double pss = process.proportionalBytes();
    var readers = round.readers(Kind.STEADY);
    round.connect(readers, round::numberLedger);
    double atOnce = process.residentBytes();
    round.pause(IDLE_SECONDS);
    double each = 1024.0 * round.plan.readers();
    var sample = round.measure(readers, Source.NONE, 1);
    return new Sample(
        java.util.Map.of(
            Figure.RSS,
            sample.of(Figure.RSS),
            Figure.RSS_PER_READER_AT_ONCE,
            (atOnce - rss) / each,
            Figure.RSS_PER_READER,
            (process.residentBytes() - rss) / each,
            Figure.PSS_PER_READER,
            (process.proportionalBytes() - pss) / each));
  }

  /** Chat answers from an upstream of ours, one reader each. */
  static Sample relayed(Round round) throws Exception {
    return relayed(round, _ -> ModelServer.ENDLESS);
  }

  /** The same with answers that end, not all at once, and readers who then ask again. */
  static Sample relayedAnew(Round round) throws Exception {
    return relayed(round, place -> ANSWER_TOKENS / 2 + place * 7 % ANSWER_TOKENS);
  }

  private static Sample relayed(Round round, IntUnaryOperator tokens) throws Exception {
    var readers = round.readers(new Chats(round.server.hub().port(), "bench"), Kind.STEADY);
    var source = round.added(round.model.at(round.plan.eventsPerSecond(), round.clock));
    int[] place = {0};
    round.connect(
        readers,
        i -> List.of(ModelServer.question(tokens.applyAsInt(i))),
        () -> new AnswerLedger(round.plan.dataBytes(), tokens.applyAsInt(place[0]++)));
    var sample = round.startAndMeasure(readers, source);
    round.finish(readers, source);
    return sample;
  }

  /** Chat answers of the built-in upstream, one reader each, who asks again at the end. */
  static Sample demo(Round round) throws Exception {
    var chats = new Chats(round.server.hub().port(), "demo");
    var answer = chats.wholeAnswer("hello");
    var readers = round.readers(chats, Kind.STEADY);
    round.connect(readers, _ -> List.of("hello"), () -> new TextLedger(answer));
    return round.startAndMeasure(readers, Source.NONE);
  }
}
