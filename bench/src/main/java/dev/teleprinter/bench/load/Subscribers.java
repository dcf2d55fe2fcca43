// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The readers of one run, on one event loop. Confined to it, but for what returns a future.
 *
 * <p>Sockets are closed with a reset: ten thousand a round would leave more ports waiting than
 * there are.
 */
final class Subscribers {
  private static final int READ_BYTES = 256 << 10;
  private static final int CONNECTING_MAX = 128;

  private final LoadLoop loop;
  private final Plan plan;
  private final LongSupplier clock;
  private final List<Subscriber> readers = new ArrayList<>();
  private final List<Channel> channels = new ArrayList<>();
  private final CompletableFuture<Void> allOpen = new CompletableFuture<>();
  private final CompletableFuture<Void> failure;
  private byte[] scratch = new byte[READ_BYTES + (64 << 10)];
  private @Nullable Histogram latencies;
  private long received;
  private int connected;
  private int open;
  private boolean closing;

  // Who is told when all readers have received so many events each.
  private long level = Long.MAX_VALUE;
  private int below;
  private Runnable onLevel = () -> {};

  Subscribers(LoadLoop loop, Plan plan, LongSupplier clock, CompletableFuture<Void> failure) {
    this.loop = loop;
    this.plan = plan;
    this.clock = clock;
    this.failure = failure;
  }

  /** Connects all of them, some at a time. Completes when each has its response's head. */
  CompletableFuture<Void> connect(Hub hub, List<String> topics, Supplier<Ledger> ledgers) {
    for (int i = 0; i < plan.readers(); i++) {
      var request = hub.subscribe(topics.get(i % topics.size())).getBytes(ISO_8859_1);
      readers.add(new Subscriber(this, request, ledgers.get()));
    }
    loop.execute(() -> {
      for (int i = 0; i < CONNECTING_MAX; i++) {
        connectNext(hub.port());
      }
    });
    return allOpen;
  }

  private void connectNext(int port) {
    if (connected == readers.size() || closing) {
      return;
    }
    var reader = readers.get(connected++);
    var bootstrap =
        new Bootstrap()
            .group(loop.group())
            .channel(loop.socketClass())
            .option(ChannelOption.SO_LINGER, 0)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(reader);
                  }
                });
    bootstrap
        .connect("127.0.0.1", port)
        .addListener((ChannelFuture done) -> {
          if (done.isSuccess()) {
            channels.add(done.channel());
          } else {
            failed(done.cause());
          }
          connectNext(port);
        });
  }

  /** {@return a buffer of at least so many bytes, valid until the next call} */
  byte[] scratch(int bytes) {
    if (scratch.length < bytes) {
      scratch = new byte[bytes * 2];
    }
    return scratch;
  }

  /** A reader got bytes. */
  int take(Subscriber reader, byte[] bytes, int end) {
    long before = reader.ledger.received();
    int from = reader.ledger.take(bytes, end, clock.getAsLong(), latencies);
    long after = reader.ledger.received();
    received += after - before;
    if (before < level && after >= level && --below == 0) {
      level = Long.MAX_VALUE;
      onLevel.run();
    }
    return from;
  }

  void opened() {
    if (++open == readers.size()) {
      allOpen.complete(null);
    }
  }

  void left(String how) {
    if (!closing) {
      failed(new LedgerException(how));
    }
  }

  void failed(Throwable cause) {
    if (!closing) {
      failure.completeExceptionally(cause);
      allOpen.completeExceptionally(cause);
    }
  }

  /** {@return events received by all readers together} */
  long received() {
    return received;
  }

  /** Latencies go into this from now on; null for none. */
  void record(@Nullable Histogram into) {
    latencies = into;
  }

  /** Calls back once, when every reader has received this many events in all. */
  void whenAllHave(long events, Runnable then) {
    int behind = 0;
    for (var reader : readers) {
      behind += reader.ledger.received() < events ? 1 : 0;
    }
    if (behind == 0) {
      then.run();
      return;
    }
    level = events;
    below = behind;
    onLevel = then;
  }

  /** {@return the fewest events that any reader has} */
  long fewest() {
    return readers.stream().mapToLong(reader -> reader.ledger.received()).min().orElse(0);
  }

  /** Disconnects them. */
  void close() {
    closing = true;
    channels.forEach(Channel::close);
  }
}
