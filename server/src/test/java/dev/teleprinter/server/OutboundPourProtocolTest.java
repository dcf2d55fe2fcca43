// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reply's body that is taken by the event loop, and by its caller in turns. */
@Timeout(30)
class OutboundPourProtocolTest extends OutboundPeers {
  private static final String HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final BlockingQueue<String> taken = new LinkedBlockingQueue<>();
  private final Set<String> takers = ConcurrentHashMap.newKeySet();
  private OutboundCall call;
  private Socket peer;

  @BeforeEach
  void ask() throws Exception {
    call = client().call(ASK);
    var accepted = CompletableFuture.supplyAsync(this::accept);
    call.send();
    peer = accepted.get();
  }

  private Socket accept() {
    try {
      var socket = listener.accept();
      opened.add(socket);
      socket.setTcpNoDelay(true);
      readHead(socket);
      write(socket, HEAD);
      return socket;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void send(String text) throws IOException {
    write(peer, Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private CompletableFuture<Void> pour(String lastOne) {
    return CompletableFuture.runAsync(() -> {
      try {
        call.pour((bytes, from, to) -> {
          takers.add(Thread.currentThread().getName());
          var text = new String(bytes, from, to - from, ISO_8859_1);
          taken.add(text);
          return !text.endsWith(lastOne);
        });
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
  }

  private String read() throws IOException {
    var into = new byte[100];
    int count = call.read(into);
    return count < 0 ? "end" : new String(into, 0, count, ISO_8859_1);
  }

  /** Until the caller's pour is on: what is sent before is the caller's own to read. */
  private CompletableFuture<Void> pouring(String lastOne) throws Exception {
    while (true) {
      var poured = pour(lastOne);
      send("?");
      while (taken.isEmpty() && !poured.isDone()) {
        Thread.onSpinWait();
      }
      if (!taken.isEmpty()) {
        taken.remove();
        return poured;
      }
      assertThat(read()).isEqualTo("?"); // it was there before the pour was
    }
  }

  @Test
  void theLoopTakesUntilItHasEnoughThenItsCallerReads() throws Exception {
    var poured = pouring("!");
    send("a");
    assertThat(taken.take()).isEqualTo("a");
    send("b!");
    poured.get();
    send("c");
    assertThat(read()).isEqualTo("c");
    assertThat(taken).containsExactly("b!");
    assertThat(takers).hasSize(1).allMatch(name -> name.startsWith("tp-loop"));
  }

  @Test
  void returnsAtOnceWhenThereIsSomethingToRead() throws Exception {
    send("ab");
    var one = new byte[1];
    assertThat(call.read(one)).isEqualTo(1);
    pour("").get();
    assertThat(taken).isEmpty();
    assertThat(read()).isEqualTo("b");
  }

  @Test
  void endsWithTheBody() throws Exception {
    var poured = pouring("!");
    write(peer, "1\r\na\r\n0\r\n\r\n");
    poured.get();
    assertThat(read()).isEqualTo("end");
    assertThat(String.join("", taken)).isEqualTo("a");
  }

  @Test
  void endsWithTheConnection() throws Exception {
    var poured = pouring("!");
    send("a");
    peer.close();
    poured.get();
    assertThatThrownBy(this::read).isInstanceOf(IOException.class);
    assertThat(taken).containsExactly("a");
  }

  @Test
  void endsWhenItIsAbortedAndTakesNothingMore() throws Exception {
    var poured = pouring("!");
    call.abort();
    poured.get();
    assertThatThrownBy(this::read).isInstanceOf(IOException.class);
    assertThat(peer.getInputStream().read()).isEqualTo(-1);
    assertThat(taken).isEmpty();
  }
}
