// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A socket that says exactly what a test tells it to, and reads HTTP/1.1 byte by byte. */
public final class WireClient implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /** Connects to a port of this machine. */
  public WireClient(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  WireClient(Socket connected) throws IOException {
    socket = connected;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    in = socket.getInputStream();
  }

  /** Sends bytes. */
  public WireClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  public WireClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** Asks. */
  public WireClient get(String target, String... headers) throws IOException {
    return send("GET " + target + " HTTP/1.1\r\nHost: t\r\n" + lines(headers) + "\r\n");
  }

  /** Sends a body with its length. */
  public WireClient post(String target, String body, String... headers) throws IOException {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return send(
        "POST %s HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n%s\r\n%s"
            .formatted(target, length, lines(headers), body));
  }

  private static String lines(String... headers) {
    var all = new StringBuilder();
    for (var header : headers) {
      all.append(header).append("\r\n");
    }
    return all.toString();
  }

  /** A status line and headers, names in lower case. */
  public record Head(int status, Map<String, String> headers) {
    /** The value of a header, empty when it is not there. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** The next head. */
  public Head head() throws IOException {
    int status = Integer.parseInt(line().split(" ")[1]);
    var headers = new LinkedHashMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (a, b) -> a + ", " + b);
    }
    return new Head(status, headers);
  }

  /** A reply with its body by content length. */
  public record Whole(Head head, String body) {}

  /** The next reply. */
  public Whole whole() throws IOException {
    var head = head();
    var length = head.header("content-length");
    var body = length.isEmpty() ? new byte[0] : in.readNBytes(Integer.parseInt(length));
    return new Whole(head, new String(body, StandardCharsets.UTF_8));
  }

  /** The content of the next chunk, empty at the last one. */
  public String chunk() throws IOException {
    int length = Integer.parseInt(line(), 16);
    var bytes = in.readNBytes(length);
    if (!line().isEmpty()) {
      throw new IOException("chunk: no CR LF at its end");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Waits for so many bytes, whatever they are. */
  void skip(int bytes) throws IOException {
    in.skipNBytes(bytes);
  }

  /** Everything up to the end of the connection. */
  public String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  int read() throws IOException {
    return in.read();
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed in the middle of a line: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Ends this side of the connection, and goes on reading. */
  WireClient endOutput() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Closes with a reset instead of an end. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
