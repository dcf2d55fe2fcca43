// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;

/**
 * Any bytes as what another server replies, over a real socket: the call ends with a reply or an
 * {@link IOException}. A target for a coverage-guided fuzzer; {@link FuzzCorpusTest} runs what it
 * kept.
 */
public final class OutboundReplyFuzz {
  private static final int BODY_BYTES_MAX = 1 << 16;
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private static final SynchronousQueue<byte[]> REPLIES = new SynchronousQueue<>();
  private static OutboundClient client;

  private OutboundReplyFuzz() {}

  /** The bytes are the whole reply; then the peer closes. */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    if (client == null) {
      client = started();
    }
    var call = client.call(OutboundRequest.of("GET", "/"));
    Thread.startVirtualThread(() -> {
      try {
        REPLIES.put(input);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    try {
      call.send();
      int status = call.status(); // which of them are replies at all, the caller decides
      if (status < 0 || status > 999) {
        throw new AssertionError("a reply of status " + status);
      }
      call.readAll(BODY_BYTES_MAX);
    } catch (IOException e) {
      return; // no reply
    } finally {
      call.abort();
    }
  }

  private static OutboundClient started() throws IOException {
    var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().start(() -> serve(listener));
    var origin = URI.create("http://127.0.0.1:" + listener.getLocalPort());
    return new OutboundClient(
        Loops.start(1), origin, CONNECT, null, OutboundPeers::tlsIsNotAskedFor);
  }

  /** One connection a reply: none is kept, as each ends with its peer closing. */
  private static void serve(ServerSocket listener) {
    while (true) {
      try (var socket = listener.accept()) {
        readHead(socket);
        socket.getOutputStream().write(REPLIES.take());
        socket.shutdownOutput();
        socket.setSoTimeout(5_000);
        socket.getInputStream().skip(1 << 16); // until the client has closed, too
      } catch (IOException e) {
        continue; // the client has closed first
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void readHead(Socket socket) throws IOException {
    var in = socket.getInputStream();
    for (int last = 0; last != 0x0d0a0d0a; ) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      last = last << 8 | next;
    }
  }
}
