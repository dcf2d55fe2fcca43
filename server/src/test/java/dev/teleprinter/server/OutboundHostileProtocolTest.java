// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls to peers that break HTTP on purpose, over real sockets: every one ends at once. */
@Timeout(10)
class OutboundHostileProtocolTest extends OutboundPeers {
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n";

  /** Asks a peer that answers so and then neither writes nor closes. */
  private void assertRefused(String reply, String why) throws IOException {
    try (var one = new ServerSocket(0, 1, listener.getInetAddress())) {
      serve(one, replying(reply));
      var client = client("http://127.0.0.1:" + one.getLocalPort(), null, null);
      assertThatThrownBy(() -> get(client))
          .isInstanceOf(BadReplyException.class)
          .hasMessageContaining(why);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "099", "600", "999"})
  void aStatusThatHttpDoesNotKnowIsRefused(String status) throws Exception {
    assertRefused("HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n\r\n", "status");
  }

  @Test
  void anotherProtocolIsNotSwitchedTo() throws Exception {
    assertRefused(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "status 101");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9"})
  void anotherVersionIsRefused(String version) throws Exception {
    assertRefused(version + " 200 OK\r\nContent-Length: 1\r\n\r\nx", "version");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding:\r\n",
      })
  void aBodyWhoseLengthIsInDoubtIsRefused(String headers) throws Exception {
    assertRefused(OK + headers + "\r\n3\r\none\r\n0\r\n\r\n", "");
  }

  @Test
  void chunksAreNotTakenFromAnOlderVersion() throws Exception {
    assertRefused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "");
  }

  @Test
  void aStatusWithoutABodyEndsWithItsHead() throws Exception {
    serve(listener, replying("HTTP/1.1 204 No Content\r\n\r\n", sized("next")));
    var client = client();
    assertThat(get(client)).isEmpty();
    assertThat(get(client)).isEqualTo("next");
  }

  @Test
  void aChunkIsOfTheSizeItSays() throws Exception {
    assertRefused(CHUNKED + "\r\n3\r\nfour\r\n0\r\n\r\n", "");
    assertRefused(CHUNKED + "\r\n-3\r\none\r\n0\r\n\r\n", "");
    assertRefused(CHUNKED + "\r\nffffffffffffffff\r\none", "");
    assertRefused(CHUNKED + "\r\n3;" + "x".repeat(9 << 10), "");
    assertRefused(CHUNKED + "\r\n0\r\n" + "X: y\r\n".repeat(2 << 10), "");
  }

  // ---- What never ends.

  /** Asks a peer that says the same again and again until it is left. */
  @ParameterizedTest
  @MethodSource("endless")
  void aPeerThatNeverEndsItsHeadIsLeft(String begin, String again) throws Exception {
    var left = new CountDownLatch(1);
    serve(listener, socket -> repeat(socket, begin, again.repeat(50), left));
    assertThatThrownBy(() -> get(client())).isInstanceOf(BadReplyException.class);
    left.await();
  }

  static Stream<Arguments> endless() {
    return Stream.of(
        arguments("", "HTTP/1.1 100 Continue\r\n\r\n"),
        arguments("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        arguments("", "\r\n"),
        arguments("", "x"),
        arguments("HTTP/1.1 200 ", "OK"),
        arguments(OK + "X: ", "y"),
        arguments(OK, "X: y\r\n"),
        arguments(OK, "X:\r\n"),
        arguments(CHUNKED + "\r\n3", ";x=y"),
        arguments(CHUNKED + "\r\n0\r\n", "X: y\r\n"));
  }

  private void repeat(Socket socket, String begin, String again, CountDownLatch left)
      throws IOException {
    readHead(socket);
    write(socket, begin);
    try {
      while (true) {
        write(socket, again);
      }
    } catch (IOException e) {
      left.countDown();
      throw e;
    }
  }

  // ---- What is said after the end: it must not become the next call's reply.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        "HTTP/1.1 200 OK\r\nX-Half: ",
        "HTTP/1",
        "\r\n",
        "x",
      })
  void whatFollowsAReplyClosesTheConnection(String more) throws Exception {
    for (var first : new String[] {sized("one"), CHUNKED + "\r\n3\r\none\r\n0\r\n\r\n"}) {
      try (var one = new ServerSocket(0, 1, listener.getInetAddress())) {
        serve(one, replying(first + more, sized("two, forged")), replying(sized("two")));
        var client = client("http://127.0.0.1:" + one.getLocalPort(), null, null);
        assertThat(get(client)).isEqualTo("one");
        assertThat(get(client)).isEqualTo("two");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\nX-Half: ", "HTTP/1", "\r\n"})
  void whatIsSaidWhileNothingWasAskedClosesTheConnection(String more) throws Exception {
    var go = new CountDownLatch(1);
    var closed = new CountDownLatch(1);
    serve(
        listener,
        socket -> {
          readHead(socket);
          write(socket, sized("one"));
          go.await();
          write(socket, more);
          awaitEnd(socket);
          closed.countDown();
        },
        replying(sized("two")));
    var client = client();
    assertThat(get(client)).isEqualTo("one");
    go.countDown();
    closed.await();
    assertThat(get(client)).isEqualTo("two");
  }
}
