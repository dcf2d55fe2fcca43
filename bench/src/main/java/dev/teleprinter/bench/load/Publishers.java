// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The publishing connections of one run: kept alive, requests pipelined. Confined to the event loop
 * of the readers, but for what returns a future.
 *
 * <p>On schedule, an event carries the time it was due, not the time it was written: a server that
 * stalls is charged for the events that waited for it (no coordinated omission). Saturating, no
 * event is published that would be further ahead of the slowest reader than the window: that is the
 * same limit for every server, and none is made to forget what it could not deliver yet.
 */
public final class Publishers implements Source {
  private static final int PIPELINED_MAX = 64;
  private static final int COME_BACK_MILLIS = 20;
  private static final int WAKE_BYTES_MAX = 16 << 10;

  private final LoadLoop loop;
  private final Plan plan;
  private final Subscribers readers;
  private final LongSupplier clock;
  private final boolean comesBack;
  private final CompletableFuture<Void> failure;
  private final List<Connection> connections = new ArrayList<>();
  private final List<Feed> feeds = new ArrayList<>();
  private final CompletableFuture<Void> allOpen = new CompletableFuture<>();
  private final Set<Long> uncertain = new HashSet<>();
  private int turn; // the feed that publishes next
  private long published;
  private long allowed;
  private long scheduled;
  private long startNanos;
  private boolean running;
  private boolean closing;

  /**
   * Not connected yet.
   *
   * @param readers whose slowest is waited for when saturating
   * @param comesBack whether a connection that is lost is made again; otherwise that is a failure
   */
  public Publishers(
      LoadLoop loop,
      Plan plan,
      Subscribers readers,
      boolean comesBack,
      LongSupplier clock,
      CompletableFuture<Void> failure) {
    this.loop = loop;
    this.plan = plan;
    this.readers = readers;
    this.comesBack = comesBack;
    this.clock = clock;
    this.failure = failure;
  }

  @Override
  public CompletableFuture<Void> connect(Hub hub, List<String> topics) {
    for (int i = 0; i < plan.connections(); i++) {
      connections.add(new Connection());
    }
    for (int i = 0; i < plan.feeds(); i++) {
      var data = NumberedData.blank(i % plan.feedsPerReader(), plan.dataBytes());
      var request = hub.publish(topics.get(i % topics.size()), data).http1(hub.port());
      feeds.add(new Feed(i, request, connections.get(i % plan.connections())));
    }
    loop.execute(() -> connections.forEach(connection -> connection.connect(hub)));
    return allOpen;
  }

  @Override
  public void start() {
    running = true;
    startNanos = clock.getAsLong();
    if (plan.isSaturating()) {
      // Less than the part of the window that they must read before more is published.
      readers.wakeAt(Math.min(WAKE_BYTES_MAX, plan.windowEvents() * plan.dataBytes() / 4));
      allowed = plan.windowEvents();
      allowMore();
      pump();
    } else {
      publishDue();
    }
  }

  @Override
  public void stop() {
    running = false;
    readers.wakeAt(1);
  }

  @Override
  public long published() {
    return published;
  }

  @Override
  public long deliveriesExpected() {
    long expected = 0;
    for (int feed = 0; feed < feeds.size(); feed++) {
      int group = plan.topics() == 1 ? 0 : feed / plan.topicsPerReader();
      expected += (long) feeds.get(feed).number * plan.readersOf(group);
    }
    return expected;
  }

  /** {@return how many events each feed has so far} */
  public int[] numbers() {
    return feeds.stream().mapToInt(feed -> feed.number).toArray();
  }

  /**
   * {@return whether the server was lost before it answered for an event of a feed of the first
   * group}
   */
  public boolean isUncertain(int feed, int number) {
    return uncertain.contains(key(feed, number));
  }

  /** {@return how many events the server was lost with before it answered for them} */
  public int uncertain() {
    return uncertain.size();
  }

  private static long key(int feed, int number) {
    return (long) feed << 32 | number;
  }

  // ---- Saturating.

  /** Moves the window in quarters, each when the slowest reader has come so far. */
  private void allowMore() {
    int quarter = Math.max(1, plan.windowEvents() / 4);
    readers.whenAllHave(
        allowed - plan.windowEvents() + quarter,
        () -> {
          allowed += quarter;
          pump();
          loop.execute(this::allowMore);
        });
  }

  private void pump() {
    if (!running || !plan.isSaturating()) {
      return;
    }
    long now = clock.getAsLong();
    int full = 0;
    while (published < allowed && full < feeds.size()) {
      var feed = feeds.get(turn);
      turn = turn + 1 == feeds.size() ? 0 : turn + 1;
      if (feed.connection.unanswered < PIPELINED_MAX) {
        feed.publish(now);
        full = 0;
      } else {
        full++;
      }
    }
    connections.forEach(Connection::flush);
  }

  // ---- On schedule.

  private void publishDue() {
    if (!running) {
      return;
    }
    long now = clock.getAsLong();
    double interval = 1e9 / plan.eventsPerSecond();
    long due = startNanos + (long) (scheduled * interval);
    while (due <= now) {
      if (feeds.get(turn).connection.isUp()) {
        feeds.get(turn).publish(due);
      }
      turn = turn + 1 == feeds.size() ? 0 : turn + 1;
      scheduled++;
      due = startNanos + (long) (scheduled * interval);
    }
    connections.forEach(Connection::flush);
    loop.loop().schedule(this::publishDue, Math.max(50_000, due - now), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    running = false;
    closing = true;
    connections.forEach(Connection::close);
  }

  private void failed(Throwable cause) {
    if (!closing) {
      running = false;
      failure.completeExceptionally(cause);
      allOpen.completeExceptionally(cause);
    }
  }

  /** The publications of one connection to one topic, numbered from 0. */
  private final class Feed {
    private final int place;
    private final byte[] request;
    private final int dataAt;
    private final Connection connection;
    private int number;

    Feed(int place, byte[] request, Connection connection) {
      this.place = place;
      this.request = request;
      this.dataAt = new String(request, ISO_8859_1).indexOf(NumberedData.MARK);
      this.connection = connection;
    }

    void publish(long nanos) {
      NumberedData.stamp(request, dataAt, number, nanos);
      connection.add(request, key(place, number));
      number++;
      published++;
    }
  }

  /** One connection. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    private Answers answers = new Answers();
    private final ArrayDeque<Long> unansweredKeys = new ArrayDeque<>(); // if it comes back
    private @Nullable Hub hub;
    private @Nullable Channel channel;
    private @Nullable ByteBuf unsent;
    private int unanswered;

    void connect(Hub to) {
      hub = to;
      new Bootstrap()
          .group(loop.group())
          .channel(loop.socketClass())
          .option(ChannelOption.SO_LINGER, 0)
          .option(ChannelOption.TCP_NODELAY, true)
          .handler(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel connecting) {
                  if (to.transport().isTls) {
                    ClientTls.addTo(connecting, Transport.HTTP1_TLS);
                  }
                  connecting.pipeline().addLast(Connection.this);
                }
              })
          .connect("127.0.0.1", to.port())
          .addListener(done -> {
            if (!done.isSuccess()) {
              lost(done.cause());
            }
          });
    }

    @Override
    public boolean isSharable() {
      return true; // one channel after the other
    }

    boolean isUp() {
      return channel != null;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      if (connections.stream().allMatch(Connection::isUp)) {
        allOpen.complete(null);
      }
    }

    void add(byte[] request, long key) {
      var bytes = unsent;
      if (bytes == null) {
        bytes = Objects.requireNonNull(channel).alloc().directBuffer(request.length * 4);
        unsent = bytes;
      }
      bytes.writeBytes(request);
      unanswered++;
      if (comesBack) {
        unansweredKeys.add(key);
      }
    }

    void flush() {
      var bytes = unsent;
      if (bytes != null && channel != null) {
        unsent = null;
        channel.writeAndFlush(bytes);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
      var in = (ByteBuf) message;
      int count = in.readableBytes();
      var bytes = readers.scratch(count);
      in.readBytes(bytes, 0, count);
      in.release();
      int answered = answers.count(bytes, count);
      unanswered -= answered;
      for (int i = 0; comesBack && i < answered; i++) {
        unansweredKeys.remove();
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      pump();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      lost(new IOException("a publisher was disconnected"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (!comesBack) {
        failed(cause);
      }
      ctx.close();
    }

    /** What was not answered may be there or not. */
    private void lost(Throwable cause) {
      channel = null;
      if (!comesBack || closing) {
        failed(cause);
        return;
      }
      uncertain.addAll(unansweredKeys);
      unansweredKeys.clear();
      unanswered = 0;
      answers = new Answers();
      loop.loop()
          .schedule(
              () -> connect(Objects.requireNonNull(hub)), COME_BACK_MILLIS, TimeUnit.MILLISECONDS);
    }

    void close() {
      if (channel != null) {
        channel.close();
      }
    }
  }
}
