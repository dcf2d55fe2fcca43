// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Readers of one run, on one event loop. Confined to it, but for what returns a future.
 *
 * <p>Sockets are closed with a reset: ten thousand a round would leave more ports waiting than
 * there are.
 */
public final class Subscribers {
  private static final int READ_BYTES = 256 << 10;
  private static final int CONNECTING_MAX = 128;
  private static final int STREAMS = 500; // of an HTTP/2 connection
  private static final int COME_BACK_MILLIS = 20;
  private static final ChannelOption<Integer> RECEIVE_LOW =
      new IntegerUnixChannelOption("SO_RCVLOWAT", 1, 18); // SOL_SOCKET, SO_RCVLOWAT: socket(7)

  private final LoadLoop loop;
  private final Hub hub;
  private final Kind kind;
  private final LongSupplier clock;
  private final List<Subscriber> readers = new ArrayList<>();
  private final Set<Channel> channels = new LinkedHashSet<>();
  private final CompletableFuture<Void> allOpen = new CompletableFuture<>();
  private final CompletableFuture<Void> failure;
  private byte[] scratch = new byte[READ_BYTES + (64 << 10)];
  private @Nullable Histogram latencies;
  private long received;
  private int connected;
  private int open;
  private long returns;
  private boolean closing;

  // Who is told when all readers have received so many events each.
  private long level = Long.MAX_VALUE;
  private int below;
  private Runnable onLevel = () -> {};

  /**
   * What these readers are like. Immutable.
   *
   * @param comesBack whether a reader that is disconnected connects again, by its last event's id;
   *     otherwise that is a failure
   * @param receiveBytes of the socket's buffer; 0 as the system likes
   */
  public record Kind(boolean comesBack, int receiveBytes) {
    /** Must not be disconnected. */
    public static final Kind STEADY = new Kind(false, 0);

    /** Come back. */
    public static final Kind RETURNING = new Kind(true, 0);
  }

  /** No readers yet. */
  public Subscribers(
      LoadLoop loop, Hub hub, Kind kind, LongSupplier clock, CompletableFuture<Void> failure) {
    this.loop = loop;
    this.hub = hub;
    this.kind = kind;
    this.clock = clock;
    this.failure = failure;
  }

  int port() {
    return hub.port();
  }

  // ---- Connecting.

  /**
   * Connects so many, some at a time. Completes when each has its response's head. Once.
   *
   * @param topics what the reader of a place reads
   */
  public CompletableFuture<Void> connect(
      int count, IntFunction<List<String>> topics, Supplier<? extends Ledger> ledgers) {
    for (int i = 0; i < count; i++) {
      readers.add(new Subscriber(this, hub.subscribe(topics.apply(i)), ledgers.get()));
    }
    loop.execute(() -> {
      for (int i = 0; i < CONNECTING_MAX; i++) {
        connectNext();
      }
    });
    return allOpen;
  }

  private void connectNext() {
    if (connected == readers.size() || closing) {
      return;
    }
    if (hub.transport().isHttp2) {
      int to = Math.min(readers.size(), connected + STREAMS);
      var some = readers.subList(connected, to);
      connected = to;
      connect(new Http2Link(some, hub.transport().isTls), this::failed);
    } else {
      connect(new Http1Link(readers.get(connected++)), this::failed);
    }
  }

  private interface OnRefused {
    void accept(Throwable cause);
  }

  private void connect(ChannelHandler link, OnRefused onRefused) {
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
                    ClientTls.addTo(channel, hub.transport());
                    channel.pipeline().addLast(link);
                  }
                });
    if (kind.receiveBytes > 0) {
      bootstrap.option(ChannelOption.SO_RCVBUF, kind.receiveBytes);
    }
    bootstrap
        .connect("127.0.0.1", hub.port())
        .addListener((ChannelFuture done) -> {
          if (!done.isSuccess()) {
            onRefused.accept(done.cause());
          } else if (closing) {
            done.channel().close();
          } else {
            channels.add(done.channel());
            done.channel().closeFuture().addListener(_ -> channels.remove(done.channel()));
          }
          connectNext();
        });
  }

  // ---- What readers tell.

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

  void closed() {
    open--;
  }

  void left(Subscriber reader, String how) {
    if (closing) {
      return;
    }
    if (!kind.comesBack) {
      failed(new LedgerException(how));
      return;
    }
    if (!reader.isAway) {
      comeBack(reader);
    }
  }

  private void comeBack(Subscriber reader) {
    if (!closing) {
      returns++;
      connect(
          new Http1Link(reader),
          _ ->
              loop.loop()
                  .schedule(() -> comeBack(reader), COME_BACK_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  void failed(Throwable cause) {
    if (!closing) {
      failure.completeExceptionally(cause);
      allOpen.completeExceptionally(cause);
    }
  }

  // ---- What a run asks.

  /** {@return events received by all readers together} */
  public long received() {
    return received;
  }

  /** {@return how many readers have a response now} */
  public int open() {
    return open;
  }

  /** {@return how often a reader has set out to come back} */
  public long returns() {
    return returns;
  }

  /** {@return the fewest events that any reader has} */
  public long fewest() {
    return readers.stream().mapToLong(reader -> reader.ledger.received()).min().orElse(0);
  }

  /** {@return what each reader has} */
  public List<Ledger> ledgers() {
    return readers.stream().map(reader -> reader.ledger).toList();
  }

  /** Latencies go into this from now on; null for none. */
  public void record(@Nullable Histogram into) {
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

  // ---- What a run does to them.

  /** Drops readers {@code [from, to)}: those that come back do so at once. */
  public void drop(int from, int to) {
    for (var reader : List.copyOf(readers.subList(from, to))) {
      if (reader.link != null) {
        reader.link.drop();
      }
    }
  }

  /** Drops readers {@code [from, to)}, who stay away until they are called. */
  public void sendAway(int from, int to) {
    readers.subList(from, to).forEach(reader -> reader.isAway = true);
    drop(from, to);
  }

  /** Calls back whoever is away. */
  public void callBack() {
    for (var reader : readers) {
      if (reader.isAway) {
        reader.isAway = false;
        comeBack(reader);
      }
    }
  }

  /** Lets all of them read, or none. */
  public void read(boolean on) {
    for (var reader : readers) {
      if (reader.link != null) {
        reader.link.read(on);
      }
    }
  }

  /**
   * Has the kernel wake this loop for a reader when so many bytes are there, so that a read costs
   * what it must and not what its haste does. 1 for at once.
   */
  void wakeAt(int bytes) {
    for (var channel : channels) {
      channel.config().setOption(RECEIVE_LOW, bytes); // nothing without epoll
    }
  }

  /** Disconnects them. */
  public void close() {
    closing = true;
    List.copyOf(channels).forEach(Channel::close);
  }
}
