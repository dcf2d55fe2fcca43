// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.run;

import dev.teleprinter.bench.load.Hub;
import dev.teleprinter.bench.load.LedgerException;
import dev.teleprinter.bench.load.NumberedData;
import dev.teleprinter.bench.load.PlainClient;
import dev.teleprinter.bench.load.Plan;
import dev.teleprinter.bench.load.Subscribers.Kind;
import dev.teleprinter.bench.report.Figure;
import dev.teleprinter.bench.report.Sample;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.HdrHistogram.Histogram;

/**
 * Publishers that wait for each answer, before a server that forces what it acknowledges; and, by
 * turns with them, a loop that appends as much to a file beside the server's and forces it. So a
 * disk that is slow for a while is slow for both. Stateless.
 */
final class Durable {
  private static final int TURNS = 4;
  private static final long NANOS_MAX = 10_000_000_000L;

  private Durable() {}

  static Sample published(Round round) throws Exception {
    var plan = round.plan;
    var readers = round.readers(Kind.STEADY);
    round.connect(readers, round::numberLedger);
    var publishers = new ArrayList<Publisher>();
    for (int feed = 0; feed < plan.connections(); feed++) {
      publishers.add(
          new Publisher(round.server.hub(), round.topics().getFirst(), feed, plan.dataBytes()));
    }
    var bare = new Histogram(NANOS_MAX, 3);
    var served = new Histogram(NANOS_MAX, 3);
    long turn = (long) (round.seconds * 1e9 / TURNS / 2);
    try {
      for (int i = 0; i < TURNS; i++) {
        force(round.server.folder(), plan, System.nanoTime() + turn, bare);
        publish(publishers, System.nanoTime() + turn, served);
      }
    } finally {
      for (var publisher : publishers) {
        publisher.client.close();
      }
    }
    long published = served.getTotalCount();
    round.until("everything", 10, () -> readers.fewest() == published);
    return sample(served, bare, TURNS * turn / 1e9);
  }

  private static Sample sample(Histogram served, Histogram bare, double seconds) {
    double p99 = served.getValueAtPercentile(99) / 1e6;
    double bareP99 = bare.getValueAtPercentile(99) / 1e6;
    return new Sample(
        Map.of(
            Figure.PUBLISHED,
            served.getTotalCount() / seconds,
            Figure.PUBLISHED_P50,
            served.getValueAtPercentile(50) / 1e6,
            Figure.PUBLISHED_P99,
            p99,
            Figure.FORCE_P50,
            bare.getValueAtPercentile(50) / 1e6,
            Figure.FORCE_P99,
            bareP99,
            Figure.BEYOND_FORCE,
            p99 - bareP99));
  }

  /** One append of an event's size, then a force, until it is time. */
  private static void force(Path folder, Plan plan, long until, Histogram into) throws IOException {
    var file = folder.resolve("bare");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      var bytes = ByteBuffer.allocateDirect(plan.dataBytes());
      for (long from = System.nanoTime(); from < until; ) {
        channel.write(bytes.clear());
        channel.force(false);
        long now = System.nanoTime();
        into.recordValue(now - from);
        from = now;
      }
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static void publish(List<Publisher> publishers, long until, Histogram into)
      throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Histogram>> tasks =
          publishers.stream()
              .map(publisher -> (Callable<Histogram>) () -> publisher.publish(until))
              .toList();
      for (var done : threads.invokeAll(tasks)) {
        into.add(done.get());
      }
    } catch (ExecutionException e) {
      throw new LedgerException("publish: " + e.getCause());
    }
  }

  /** One connection, and the feed that it publishes. Confined to one thread after another. */
  private static final class Publisher {
    private final Hub hub;
    private final String topic;
    private final int feed;
    private final int dataBytes;
    private final PlainClient client;
    private int number;

    Publisher(Hub hub, String topic, int feed, int dataBytes) throws IOException {
      this.hub = hub;
      this.topic = topic;
      this.feed = feed;
      this.dataBytes = dataBytes;
      this.client = new PlainClient(hub.port());
    }

    Histogram publish(long until) throws IOException {
      var latencies = new Histogram(NANOS_MAX, 3);
      for (long from = System.nanoTime(); from < until; ) {
        client.post(hub.publish(topic, NumberedData.of(feed, number++, dataBytes)));
        long now = System.nanoTime();
        latencies.recordValue(now - from);
        from = now;
      }
      return latencies;
    }
  }
}
