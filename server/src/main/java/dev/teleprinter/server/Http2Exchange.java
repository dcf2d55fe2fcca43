// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Error;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream: a request, and the response to it. Confined to its event loop, but for what
 * the body's reader says.
 */
final class Http2Exchange implements RequestBody.Flow {
  private final Http2Session session;
  private final int id;
  private final HttpRequest head;
  private final @Nullable ProblemException refusal;
  private final HttpRequestView request;
  private final RequestBody body;
  private final Http2StreamClock clock;
  private volatile boolean bodyOpen; // set by the handler's thread: it may take any time

  private @Nullable Http2Outlet outlet; // of its subscriber
  private int owedBytes; // received, not yet given back to the sender's window
  private int windowUpdates; // while that is counted
  private boolean ended; // the request's body
  private boolean answered;

  Http2Exchange(Http2Session session, int id, Http2RequestHead asked, InetSocketAddress remote) {
    this.session = session;
    this.id = id;
    this.head = asked.request();
    this.refusal = asked.refusal();
    this.request = new HttpRequestView(session.server(), head, remote, this);
    this.body = request.requestBody();
    this.clock = new Http2StreamClock(session.server().ticker());
  }

  /** Once all has been taken that came together with the head. */
  void start() {
    if (session.isRefused()) {
      refuse(Refusals.tooManyConnections(request));
    } else if (refusal != null) {
      refuse(Problems.reply(refusal));
    } else if (session.replies().isFull()) {
      refuse(Problems.reply(Refusals.repliesNotTaken()));
    } else if (!answered) { // it may have been reset within the same read of the socket
      Exchange.start(session.server(), request, session.context().executor(), this::answer);
    }
  }

  /** Answers without a handler. */
  private void refuse(Response.Reply reply) {
    request.answered();
    answer(reply);
  }

  /** Takes a piece of the body. Returns how many bytes the sender must wait for. */
  int body(ByteBuf data, boolean end) {
    int bytes = data.readableBytes();
    if (!answered) {
      body.feed(data);
      clock.moved();
    }
    if (end) {
      bodyEnded();
    }
    if (answered || !body.isPaused()) {
      return 0;
    }
    owedBytes += bytes;
    return bytes;
  }

  void bodyEnded() {
    ended = true;
    body.end();
    clock.complete();
  }

  private void answer(Response.Ready response) {
    if (answered || !session.output().hasStream(id)) {
      return;
    }
    answered = true;
    switch (response) {
      case Response.Reply reply -> reply(reply);
      case Response.Subscribe subscribe -> subscribe(subscribe);
    }
    giveBackOwed(); // what still comes is nobody's, but its sender may wait to have it sent
  }

  private void reply(Response.Reply reply) {
    boolean fits = session.replies().tryAdd(reply.body().length);
    int counted = fits ? reply.body().length : 0;
    var sent = fits ? reply : Problems.reply(ProblemException.memoryFull());
    replying(session.output().writeWhole(id, sent, head), counted);
  }

  /** The end of the response is written: the peer has to take it. */
  private void replying(ChannelFuture written, int counted) {
    session.replying(1);
    session.deadlines().watch(clock.replying(session.writeNanos()));
    written.addListener(_ -> {
      session.replies().remove(counted);
      session.replying(-1);
      if (clock.isReplying() && !ended) {
        // A body that nobody wants may come for a moment: its sender may not look for the response
        // before. Then RFC 9113 8.1 has it stop without an error.
        session.deadlines().watch(clock.lingering());
      } else {
        clock.done();
      }
    });
  }

  // ---- Time.

  /** How long it may go on as it is, {@link Http2Deadlines#NEVER} if for any time. */
  long left(long now) {
    return switch (clock.stage()) {
      case RECEIVING ->
          bodyOpen || body.isPaused()
              ? Http2Deadlines.NEVER
              : clock.left(session.requestNanos(), now);
      case REPLYING ->
          clock.leftOfReply(
              session.output().progress(id, windowUpdates), session.writeNanos(), now);
      case LINGERING -> clock.left(Http2StreamClock.LINGER_NANOS, now);
      case HANDLING, STREAMING -> Http2Deadlines.NEVER;
    };
  }

  /** Whether the end of a response waits for the peer. */
  boolean isReplying() {
    return clock.isReplying();
  }

  /** Its time is over. */
  void expire() {
    session.output().reset(id, clock.isLingering() ? Http2Error.NO_ERROR : Http2Error.CANCEL);
  }

  /** The peer takes more of it. */
  void windowUpdated() {
    windowUpdates++;
  }

  private void subscribe(Response.Subscribe start) {
    var server = session.server();
    var headers = server.streamHeaders().copy();
    start.headers().forEach((name, value) -> headers.set(name, value));
    server.cors().apply(head, headers);
    boolean bare = head.method().name().equals("HEAD");
    var headWritten = session.output().writeHead(id, 200, headers, bare);
    if (bare) {
      replying(headWritten, 0);
      return;
    }
    clock.streaming();
    outlet = new Http2Outlet(session, this, id);
    outlet.join(start, head);
  }

  /** The subscription has ended: so does the response. */
  void endStream() {
    replying(session.output().writeData(id, Unpooled.EMPTY_BUFFER, true), 0);
    session.output().flushSoon();
  }

  /** The stream is closed, by whomever. */
  void gone() {
    if (outlet != null) {
      outlet.gone();
    }
    if (!answered) {
      answered = true;
      request.disconnected();
    }
  }

  /** The connection takes nothing and is closed. */
  void connectionLetGo() {
    if (outlet != null) {
      outlet.connectionLetGo();
    }
  }

  // ---- RequestBody.Flow, from the handler's thread.

  @Override
  public void wanted() {
    // HTTP/2 senders do not wait for 100 Continue in practice; the window is what holds them.
  }

  @Override
  public void open() {
    bodyOpen = true;
  }

  @Override
  public void pauseChanged() {
    session
        .context()
        .executor()
        .execute(() -> {
          if (!body.isPaused()) {
            giveBackOwed();
            clock.moved(); // until now its sender could not go on
            session.deadlines().watch(session.requestNanos());
          }
        });
  }

  private void giveBackOwed() {
    int bytes = owedBytes;
    owedBytes = 0;
    session.output().consumed(id, bytes);
  }
}
