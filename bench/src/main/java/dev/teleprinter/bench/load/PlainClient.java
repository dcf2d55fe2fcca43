// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/** One connection to loopback that waits for what it asks for. Confined to one thread. */
public final class PlainClient implements AutoCloseable {
  private static final int SECONDS_MAX = 10;

  private final Socket socket = new Socket();
  private final int port;
  private final byte[] bytes = new byte[1 << 20];
  private @Nullable Chunks chunks;
  private int bodyFrom;
  private int bodyEnd;

  /** Connects. */
  public PlainClient(int port) throws IOException {
    this.port = port;
    socket.setTcpNoDelay(true);
    socket.setSoLinger(true, 0);
    socket.setSoTimeout(SECONDS_MAX * 1000);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
  }

  /** Publishes, and waits for the answer, which must be good. */
  public void post(Ask ask) throws IOException {
    socket.getOutputStream().write(ask.http1(port));
    var answers = new Answers();
    int answered;
    do {
      answered = answers.count(bytes, read(0));
    } while (answered == 0);
  }

  /** Asks for an event stream, and reads the head of the answer. */
  public void open(Ask ask) throws IOException {
    socket.getOutputStream().write(ask.http1(port));
    int end = 0;
    while (true) {
      end += read(end);
      var head = new String(bytes, 0, end, ISO_8859_1);
      int body = head.indexOf("\r\n\r\n") + 4;
      if (body >= 4) {
        if (!head.startsWith("HTTP/1.1 200 ")) {
          throw new IOException("subscribe: answered " + head.lines().findFirst().orElse(""));
        }
        chunks = Chunks.ofBody(head);
        bodyFrom = body;
        bodyEnd = strip(body, end);
        return;
      }
    }
  }

  /** Reads on until the ledger has so many events, or more. */
  public void read(Ledger ledger, long events) throws IOException {
    while (true) {
      int count = bodyEnd - bodyFrom;
      System.arraycopy(bytes, bodyFrom, bytes, 0, count);
      ledger.take(bytes, count, 0, null);
      bodyFrom = 0;
      bodyEnd = 0;
      if (ledger.received() >= events) {
        return;
      }
      bodyEnd = strip(0, read(0));
    }
  }

  private int strip(int from, int end) {
    return chunks == null ? end : chunks.strip(bytes, from, end);
  }

  private int read(int at) throws IOException {
    int count = socket.getInputStream().read(bytes, at, bytes.length - at);
    if (count < 0) {
      throw new IOException("stream: ended too early");
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
