// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A client's end of a connection that sends any bytes and reads HTTP/1.1 replies. Confined to one
 * thread, except for {@link #close()} and the thread of {@link #sendAside}.
 */
final class RawConnection implements AutoCloseable {
  static final String HUB = "/.well-known/mercure";

  private static final int CONNECT_MS = 20_000;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final AtomicLong sentBytes = new AtomicLong();

  /** A whole reply. Immutable. */
  record Reply(int status, String head, byte[] body) {
    String text() {
      return new String(body, UTF_8);
    }

    /** {@return a header's value, empty when it is absent} */
    String header(String name) {
      return head.lines()
          .skip(1)
          .filter(
              line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  RawConnection(int port) throws IOException {
    this(port, 0);
  }

  /** A connection whose receive buffer has a size of its own, unless that is 0. */
  RawConnection(int port, int receiveBytes) throws IOException {
    try {
      if (receiveBytes > 0) {
        socket.setReceiveBufferSize(receiveBytes);
      }
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MS);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream(), 8192);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }

  /** {@return the head of a request with a body of so many bytes} */
  static String head(String method, String path, String type, long bodyBytes) {
    return "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        .formatted(method, path, type, bodyBytes);
  }

  /** {@return a publish, as a form} */
  static String publish(String form) {
    return head("POST", HUB, "application/x-www-form-urlencoded", form.getBytes(UTF_8).length)
        + form;
  }

  RawConnection send(String text) throws IOException {
    return send(text.getBytes(UTF_8));
  }

  RawConnection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    sentBytes.addAndGet(bytes.length);
    return this;
  }

  /** Sends from another thread, in pieces with pauses, as much as the server takes. */
  RawConnection sendAside(String head, byte[] body, int pieceBytes, Duration pause) {
    Thread.startVirtualThread(() -> {
      try {
        send(head.getBytes(ISO_8859_1));
        for (int at = 0; at < body.length; at += pieceBytes) {
          int count = Math.min(pieceBytes, body.length - at);
          socket.getOutputStream().write(body, at, count);
          sentBytes.addAndGet(count);
          if (!pause.isZero()) {
            AttackPace.pause(pause);
          }
        }
      } catch (IOException e) {
        sentBytes.addAndGet(0); // refused or closed: the reading side sees what became of it
      }
    });
    return this;
  }

  /** {@return how many bytes the operating system has taken} */
  long sentBytes() {
    return sentBytes.get();
  }

  /** No more will be sent; replies may come. */
  void endSending() throws IOException {
    socket.shutdownOutput();
  }

  /** Closes with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /**
   * The next reply.
   *
   * @throws SocketTimeoutException when nothing came for that long
   * @throws IOException when the connection ended first
   */
  Reply reply(Duration limit) throws IOException {
    socket.setSoTimeout((int) limit.toMillis());
    var head = new StringBuilder();
    for (var line = line(); !line.isEmpty(); line = line()) {
      head.append(line).append('\n');
    }
    if (!head.toString().matches("(?s)HTTP/1\\.[01] [0-9]{3}[ \n].*")) {
      throw new IOException("not a reply's head: " + head);
    }
    int status = Integer.parseInt(head.substring(9, 12));
    var reply = new Reply(status, head.toString(), new byte[0]);
    if (status < 200) {
      return reply(limit);
    }
    return new Reply(status, reply.head, body(reply));
  }

  private byte[] body(Reply reply) throws IOException {
    if (reply.status == 204 || reply.status == 304) {
      return new byte[0];
    }
    if (reply.header("Transfer-Encoding").equalsIgnoreCase("chunked")) {
      var body = new ByteArrayOutputStream();
      for (int size = chunk(); size > 0; size = chunk()) {
        body.writeBytes(exactly(size));
        line();
      }
      line();
      return body.toByteArray();
    }
    var length = reply.header("Content-Length");
    return length.isEmpty() ? in.readAllBytes() : exactly(Integer.parseInt(length));
  }

  private int chunk() throws IOException {
    var size = line();
    if (!size.matches("[0-9a-fA-F]{1,8}")) {
      throw new IOException("not a chunk's size: " + size);
    }
    return Integer.parseInt(size, 16);
  }

  private byte[] exactly(int count) throws IOException {
    var bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("cut in a body");
    }
    return bytes;
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("cut in a line: " + line);
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  /** Reads one reply, or sees the connection end, or waits in vain. */
  ConnectionFate fate(Duration limit) {
    try {
      return new ConnectionFate.Answered(reply(limit).status());
    } catch (SocketTimeoutException e) {
      return new ConnectionFate.Silent();
    } catch (IOException e) {
      return new ConnectionFate.Closed();
    }
  }

  /** Reads whatever comes until the connection ends. */
  ConnectionFate end(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    try {
      var bytes = new byte[65_536];
      while (true) {
        long left = (until - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return new ConnectionFate.Silent();
        }
        socket.setSoTimeout((int) left);
        if (in.read(bytes) < 0) {
          return new ConnectionFate.Closed();
        }
      }
    } catch (SocketTimeoutException e) {
      return new ConnectionFate.Silent();
    } catch (IOException e) {
      return new ConnectionFate.Closed();
    }
  }

  /** {@return one byte, -1 at the end} */
  int read(Duration limit) throws IOException {
    socket.setSoTimeout((int) limit.toMillis());
    return in.read();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
