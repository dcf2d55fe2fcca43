// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls to another server, over real sockets, well-behaved peers and others. */
@Timeout(30)
class OutboundProtocolTest extends OutboundPeers {
  @Test
  void oneConnectionServesOneCallAfterTheOther() throws Exception {
    var chunked = OK + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    serve(
        listener,
        replying(chunked, sized("two"), sized(""), chunked, chunked),
        _ -> {
          throw new AssertionError("a second connection");
        });
    var client = client();
    for (var body : List.of("one", "two", "", "one", "one")) {
      assertThat(get(client)).isEqualTo(body);
    }
    assertThat(heads.take())
        .startsWith("GET /v1/x?a=b HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nHost: 127.0.0.1:" + listener.getLocalPort() + "\r\n")
        .containsIgnoringCase("\r\nUser-Agent: teleprinter\r\n");
  }

  @Test
  void whoSaysMoreThanItWasAskedIsNotAskedAgain() throws Exception {
    var chunked = OK + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    serve(listener, replying(chunked + sized("nobody asked")), replying(sized("two")));
    var client = client();
    assertThat(get(client)).isEqualTo("one");
    assertThat(get(client)).isEqualTo("two");
  }

  @Test
  void theBodyIsReadAsItArrives() throws Exception {
    var asked = new LinkedBlockingQueue<String>();
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, OK + "Transfer-Encoding: chunked\r\nX-A: 1\r\n\r\n");
          while (true) {
            write(socket, asked.take());
          }
        });
    var call = client().call(ASK);
    call.send();
    assertThat(call.status()).isEqualTo(200);
    assertThat(call.header("x-a")).isEqualTo("1");
    var buffer = new byte[8192];
    for (var piece : List.of("a", "bc", "d")) {
      asked.add("%x\r\n%s\r\n".formatted(piece.length(), piece));
      assertThat(new String(buffer, 0, call.read(buffer), ISO_8859_1)).isEqualTo(piece);
    }
  }

  @Test
  void aKeptConnectionThatIsClosedIsNotUsedAgain() throws Exception {
    var closed = new LinkedBlockingQueue<Boolean>();
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, sized("one"));
          socket.close(); // without having said so
          closed.add(true);
        });
    var client = client();
    for (int i = 0; i < 50; i++) {
      assertThat(get(client)).isEqualTo("one");
      closed.take(); // the peer has closed; the call looks at the socket before it sends
    }
  }

  @Test
  void interimRepliesArePassedOver() throws Exception {
    serve(
        listener,
        replying(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + sized("x")));
    assertThat(get(client())).isEqualTo("x");
  }

  @Test
  void aRefusalIsReadThoughTheRequestWasNotTaken() throws Exception {
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, "HTTP/1.1 413 No\r\nContent-Length: 8\r\n\r\ntoo long");
          socket.shutdownOutput();
          socket.getInputStream().skipNBytes(1 << 20); // of eight: then it is reset
        });
    var call = client().call(OutboundRequest.of("POST", "/").with(new byte[8 << 20]));
    call.send();
    assertThat(call.status()).isEqualTo(413);
    assertThat(body(call)).isEqualTo("too long");
  }

  @Test
  void aReaderWhoIsBehindLosesNothing() throws Exception {
    int bytes = 8 << 20;
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, OK + "Content-Length: " + bytes + "\r\n\r\n");
          var block = new byte[1 << 16];
          for (int at = 0; at < bytes; at += block.length) {
            for (int i = 0; i < block.length; i++) {
              block[i] = (byte) ((at + i) * 31 >> 7);
            }
            socket.getOutputStream().write(block);
          }
          awaitEnd(socket);
        });
    var call = client().call(ASK);
    call.send();
    var buffer = new byte[777];
    int at = 0;
    for (int count = call.read(buffer); count >= 0; count = call.read(buffer)) {
      for (int i = 0; i < count; i++, at++) {
        if (buffer[i] != (byte) (at * 31 >> 7)) {
          throw new AssertionError("byte " + at);
        }
      }
    }
    assertThat(at).isEqualTo(bytes);
  }

  @Test
  void aBodyLongerThanAllowedIsNone() throws Exception {
    serve(listener, replying(sized("x".repeat(1000))));
    var call = client().call(ASK);
    call.send();
    assertThat(call.readAll(999)).isNull();
    call.abort();
  }

  // ---- Connections that break.

  @Test
  void whatCameBeforeACutIsReadBeforeItIsTold() throws Exception {
    for (var begun :
        List.of(
            OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
            OK + "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\nno number\r\n",
            OK + "Content-Length: 9\r\n\r\nfirst")) {
      try (var one = new ServerSocket(0, 1, listener.getInetAddress())) {
        serve(
            one,
            socket -> {
              readHead(socket);
              write(socket, begun);
            });
        var call = client("http://127.0.0.1:" + one.getLocalPort(), null, null).call(ASK);
        call.send();
        var buffer = new byte[100];
        assertThat(new String(buffer, 0, call.read(buffer), ISO_8859_1)).isEqualTo("first");
        assertThatThrownBy(() -> call.read(buffer)).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void aResetIsNoEnd() throws Exception {
    var read = new CompletableFuture<Void>();
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, OK + "\r\nuntil it is closed");
          read.join();
          socket.setSoLinger(true, 0);
        });
    var call = client().call(ASK);
    call.send();
    var buffer = new byte[100];
    assertThat(call.read(buffer)).isEqualTo(18);
    read.complete(null);
    assertThatThrownBy(() -> call.read(buffer)).isInstanceOf(IOException.class);
  }

  @Test
  void whatIsNoHttpIsAFailure() throws Exception {
    for (var reply :
        List.of("\0\1\2\r\n\r\n", "SSH-2.0\r\n\r\n", OK + "Content-Length: x\r\n\r\n")) {
      try (var one = new ServerSocket(0, 1, listener.getInetAddress())) {
        serve(one, replying(reply));
        var client = client("http://127.0.0.1:" + one.getLocalPort(), null, null);
        assertThatThrownBy(() -> get(client)).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void abortingEndsTheWaitForAHeadAndForABody() throws Exception {
    var reached = new LinkedBlockingQueue<Socket>();
    serve(
        listener,
        socket -> {
          readHead(socket);
          reached.add(socket);
          awaitEnd(socket);
        },
        socket -> {
          readHead(socket);
          write(socket, OK + "Content-Length: 9\r\n\r\n");
          reached.add(socket);
          awaitEnd(socket);
        });
    var client = client();
    for (int i = 0; i < 2; i++) {
      var call = client.call(ASK);
      var ended = new CompletableFuture<@Nullable Throwable>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              call.send();
              int count = call.read(new byte[9]);
              ended.complete(count < 0 ? null : new AssertionError(count));
            } catch (IOException e) {
              ended.complete(e);
            }
          });
      reached.take();
      call.abort();
      assertThat(ended.get()).isInstanceOf(IOException.class);
    }
    assertThat(heads).noneMatch(head -> head.startsWith("broke"));
  }

  // ---- Connections that do not come about.

  @Test
  void aPortWhereNobodyListensIsRefused() throws Exception {
    listener.close();
    assertThatThrownBy(() -> get(client())).isInstanceOf(ConnectException.class);
  }

  @Test
  void aPeerThatDoesNotAcceptIsGivenUpAndAnAbortEndsTheWait() throws Exception {
    try (var full = new ServerSocket(0, 1, listener.getInetAddress())) {
      var fill = new ArrayList<Socket>();
      for (int i = 0; i < 2; i++) { // what a backlog of one holds
        var socket = new Socket();
        socket.connect(full.getLocalSocketAddress());
        fill.add(socket);
        opened.add(socket);
      }
      var origin = URI.create("http://127.0.0.1:" + full.getLocalPort());
      try (var client =
          new OutboundClient(
              loops, origin, Duration.ofMillis(200), null, OutboundPeers::tlsIsNotAskedFor)) {
        assertThatThrownBy(() -> get(client)).isInstanceOf(SocketTimeoutException.class);
      }
      var call = client(origin.toString(), null, null).call(ASK);
      var sending =
          CompletableFuture.runAsync(
              () -> assertThatThrownBy(call::send).isInstanceOf(IOException.class));
      call.abort();
      sending.get();
    }
  }

  @Test
  void aPeerThatAcceptsOnlyToCloseIsAskedOnce() throws Exception {
    var accepted = new AtomicInteger();
    serve(
        listener,
        socket -> {
          accepted.incrementAndGet();
          socket.setSoLinger(true, 0);
        });
    var client = client();
    for (int i = 1; i <= 50; i++) { // whether the end is seen before or after the request is sent
      assertThatThrownBy(() -> get(client)).isInstanceOf(IOException.class);
    }
    assertThat(accepted).hasValueLessThanOrEqualTo(50);
  }

  @Test
  void aClosedClientRefuses() {
    var client = client();
    client.close();
    assertThatThrownBy(() -> get(client))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("closed");
  }

  // ---- TLS and proxies.
}
