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
import java.util.ArrayList;
import java.util.List;
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
final class Publishers implements Source {
  private static final int PIPELINED_MAX = 64;

  private final LoadLoop loop;
  private final Plan plan;
  private final Subscribers readers;
  private final LongSupplier clock;
  private final CompletableFuture<Void> failure;
  private final List<Connection> connections = new ArrayList<>();
  private final List<Feed> feeds = new ArrayList<>();
  private final CompletableFuture<Void> allOpen = new CompletableFuture<>();
  private int turn; // the feed that publishes next
  private long published;
  private long allowed;
  private long scheduled;
  private long startNanos;
  private boolean running;
  private boolean closing;

  Publishers(
      LoadLoop loop,
      Plan plan,
      Subscribers readers,
      LongSupplier clock,
      CompletableFuture<Void> failure) {
    this.loop = loop;
    this.plan = plan;
    this.readers = readers;
    this.clock = clock;
    this.failure = failure;
  }

  @Override
  public CompletableFuture<Void> connect(Hub hub, List<String> topics) {
    for (int i = 0; i < plan.connections(); i++) {
      connections.add(new Connection());
    }
    for (int i = 0; i < plan.feeds(); i++) {
      int ofTopic = i % plan.feedsPerTopic();
      var data = NumberedData.blank(ofTopic, plan.dataBytes());
      var request = hub.publish(topics.get(i % topics.size()), data);
      feeds.add(new Feed(request, connections.get(i % plan.connections())));
    }
    loop.execute(() -> connections.forEach(connection -> connection.connect(hub.port())));
    return allOpen;
  }

  @Override
  public void start() {
    running = true;
    startNanos = clock.getAsLong();
    if (plan.isSaturating()) {
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
  }

  @Override
  public long published() {
    return published;
  }

  /** Each topic is published to in turn, so that none is more than one event ahead of another. */
  @Override
  public long deliveriesExpected() {
    long rounds = published / plan.topics();
    long inThisRound = published % plan.topics();
    long expected = 0;
    for (int reader = 0; reader < plan.readers(); reader++) {
      expected += rounds + (reader % plan.topics() < inThisRound ? 1 : 0);
    }
    return expected;
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
      feeds.get(turn).publish(due);
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
    private final byte[] request;
    private final int dataAt;
    private final Connection connection;
    private int number;

    Feed(String request, Connection connection) {
      this.request = request.getBytes(ISO_8859_1);
      this.dataAt = request.indexOf(NumberedData.MARK);
      this.connection = connection;
    }

    void publish(long nanos) {
      NumberedData.stamp(request, dataAt, number++, nanos);
      connection.add(request);
      published++;
    }
  }

  /** One connection. */
  private final class Connection extends ChannelInboundHandlerAdapter {
    private final Answers answers = new Answers();
    private @Nullable Channel channel;
    private @Nullable ByteBuf unsent;
    private int unanswered;

    void connect(int port) {
      new Bootstrap()
          .group(loop.group())
          .channel(loop.socketClass())
          .option(ChannelOption.SO_LINGER, 0)
          .option(ChannelOption.TCP_NODELAY, true)
          .handler(
              new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel connecting) {
                  connecting.pipeline().addLast(Connection.this);
                }
              })
          .connect("127.0.0.1", port)
          .addListener(done -> {
            if (!done.isSuccess()) {
              failed(done.cause());
            }
          });
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      channel = ctx.channel();
      if (connections.stream().allMatch(connection -> connection.channel != null)) {
        allOpen.complete(null);
      }
    }

    void add(byte[] request) {
      var bytes = unsent;
      if (bytes == null) {
        bytes = java.util.Objects.requireNonNull(channel).alloc().directBuffer(request.length * 4);
        unsent = bytes;
      }
      bytes.writeBytes(request);
      unanswered++;
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
      unanswered -= answers.count(bytes, count);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      pump();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      failed(new IOException("a publisher was disconnected"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failed(cause);
    }

    void close() {
      if (channel != null) {
        channel.close();
      }
    }
  }
}
