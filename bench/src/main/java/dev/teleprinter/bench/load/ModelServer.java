// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * An upstream on the load generator's loop: answers each chat request with a stream whose pieces of
 * text are {@link NumberedData}, at one pace for all answers, evenly spread. So a piece tells when
 * it was due at the upstream, and the reader behind the relay how much later it came. How much
 * later than due it left is counted on its own: that part is not the relay's. Confined to the event
 * loop, but for {@link #port}.
 */
public final class ModelServer implements Source {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String CHUNK =
      "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\","
          + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}";
  private static final int DATA_BYTES = NumberedData.BYTES_MIN;
  private static final long TICK_NANOS = 200_000; // a piece leaves so much too late, at most

  /** How many pieces an answer has that does not end by itself. */
  public static final int ENDLESS = Integer.MAX_VALUE;

  private static final Pattern PIECES = Pattern.compile("give me ([0-9]+) pieces");
  private final LoadLoop loop;
  private final Channel listener;
  private final List<Answer> answers = new ArrayList<>();
  private final byte[] piece =
      chunk(CHUNK.formatted("{\"content\":\"" + NumberedData.blank(0, DATA_BYTES) + "\"}", "null"));
  private final int dataAt = new String(piece, ISO_8859_1).indexOf(NumberedData.MARK);
  private LongSupplier clock = System::nanoTime;
  private double eventsPerSecond = 1;
  private long startNanos;
  private long published;
  private boolean running;
  private @Nullable Histogram lateness;

  private ModelServer(LoadLoop loop) {
    this.loop = loop;
    this.listener =
        new ServerBootstrap()
            .group(loop.group())
            .channel(loop.listenerClass())
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Answer());
                  }
                })
            .bind("127.0.0.1", 0)
            .syncUninterruptibly()
            .channel();
  }

  /** Listens on a free port of loopback until the loop ends. */
  public static ModelServer listen(LoadLoop loop) {
    return new ModelServer(loop);
  }

  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** {@return what to ask for an answer of so many pieces} */
  public static String question(int pieces) {
    return "give me " + pieces + " pieces";
  }

  /** Sets the next run's pace, over all answers, and its clock. */
  public ModelServer at(double newEventsPerSecond, LongSupplier newClock) {
    eventsPerSecond = newEventsPerSecond;
    clock = newClock;
    return this;
  }

  @Override
  public void record(@Nullable Histogram into) {
    lateness = into;
  }

  @Override
  public CompletableFuture<Void> connect(Hub hub, List<String> topics) {
    return CompletableFuture.completedFuture(null); // the readers' requests have reached it
  }

  @Override
  public void start() {
    running = true;
    startNanos = clock.getAsLong();
    published = 0;
    tick();
  }

  private void tick() {
    if (!running) {
      return;
    }
    long now = clock.getAsLong();
    double interval = 1e9 / eventsPerSecond;
    for (long due = due(interval); due <= now && !answers.isEmpty(); due = due(interval)) {
      answers.get((int) (published % answers.size())).publish(due);
      published++;
      if (lateness != null) {
        lateness.recordValue(now - due);
      }
    }
    loop.loop().schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
  }

  private long due(double interval) {
    return startNanos + (long) (published * interval);
  }

  @Override
  public void stop() {
    running = false;
  }

  @Override
  public long published() {
    return published;
  }

  @Override
  public long deliveriesExpected() {
    return published;
  }

  /** Ends the answers as a model does. */
  @Override
  public void close() {
    running = false;
    List.copyOf(answers).forEach(Answer::end);
    answers.clear();
  }

  private static byte[] chunk(String data) {
    var block = "data: " + data + "\n\n";
    return "%x\r\n%s\r\n".formatted(block.length(), block).getBytes(ISO_8859_1);
  }

  /** One connection, and the answer being given on it. */
  private final class Answer extends ChannelInboundHandlerAdapter {
    private final StringBuilder request = new StringBuilder();
    private @Nullable Channel channel;
    private int number;
    private int pieces;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      var in = (ByteBuf) message;
      request.append(in.toString(ISO_8859_1));
      in.release();
      if (isWhole()) {
        var asked = PIECES.matcher(request);
        pieces = asked.find() ? Integer.parseInt(asked.group(1)) : ENDLESS;
        request.setLength(0);
        begin(ctx.channel());
      }
    }

    /** Chunked or of known length: JSON ends where its outer brace does, and we know our own. */
    private boolean isWhole() {
      int body = request.indexOf("\r\n\r\n");
      if (body < 0) {
        return false;
      }
      var head = request.substring(0, body).toLowerCase(java.util.Locale.ROOT);
      int length = head.indexOf("content-length:");
      if (length < 0) {
        return request.indexOf("0\r\n\r\n", body + 4) >= 0;
      }
      int bytes =
          Integer.parseInt(head.substring(length + 15).lines().findFirst().orElse("0").strip());
      return request.length() >= body + 4 + bytes;
    }

    private void begin(Channel on) {
      channel = on;
      number = 0;
      answers.add(this);
      write(HEAD.getBytes(ISO_8859_1));
      write(chunk(CHUNK.formatted("{\"role\":\"assistant\",\"content\":\"\"}", "null")));
    }

    void publish(long due) {
      NumberedData.stamp(piece, dataAt, number++, due);
      write(piece);
      if (number == pieces) {
        answers.remove(this);
        end();
      }
    }

    void end() {
      write(chunk(CHUNK.formatted("{}", "\"stop\"")));
      write(chunk("[DONE]"));
      write("0\r\n\r\n".getBytes(ISO_8859_1));
    }

    private void write(byte[] bytes) {
      if (channel != null) {
        channel.writeAndFlush(channel.alloc().directBuffer(bytes.length).writeBytes(bytes));
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      answers.remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close(); // the ledgers will tell
    }
  }
}
