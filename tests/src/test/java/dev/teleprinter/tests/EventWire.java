// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;

/**
 * An HTTP/1.1 exchange over a bare socket, read as event blocks. A block is text in Latin-1, so
 * that a char is a byte and two blocks are equal only if their bytes are; comments are left out.
 * Confined to one thread.
 */
public final class EventWire implements AutoCloseable {
  private static final int PATIENCE_MS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final String head;
  private final boolean chunked;
  private int left; // of the chunk in hand
  private boolean ended;
  private int comments;

  /** Sends a request whose head has all but the host, and reads the reply's head. */
  public EventWire(int port, String requestLine, String headers, String body) throws IOException {
    this(port, requestLine, headers, body, Long.MAX_VALUE);
  }

  /** The same; the connection breaks once that many bytes of the reply were read. */
  public EventWire(int port, String requestLine, String headers, String body, long rawBytesMax)
      throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    try {
      socket.setSoTimeout(PATIENCE_MS);
      var bytes = body.getBytes(UTF_8);
      var request =
          requestLine
              + " HTTP/1.1\r\nHost: localhost\r\n"
              + headers
              + (bytes.length == 0 ? "" : "Content-Length: " + bytes.length + "\r\n")
              + "\r\n";
      var out = new ByteArrayOutputStream();
      out.writeBytes(request.getBytes(ISO_8859_1));
      out.writeBytes(bytes);
      socket.getOutputStream().write(out.toByteArray());
      in = new BufferedInputStream(new Breaking(socket.getInputStream(), rawBytesMax), 4096);
      head = head();
      chunked = head.toLowerCase(java.util.Locale.ROOT).contains("transfer-encoding: chunked");
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  public static EventWire get(int port, String path) throws IOException {
    return new EventWire(port, "GET " + path, "Accept: text/event-stream\r\n", "");
  }

  public static EventWire post(int port, String path, String json) throws IOException {
    return new EventWire(port, "POST " + path, "Content-Type: application/json\r\n", json);
  }

  private String head() throws IOException {
    var lines = new StringBuilder();
    for (var line = line(); !line.isEmpty(); line = line()) {
      lines.append(line).append('\n');
    }
    return lines.toString();
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("cut in a line");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  public int status() {
    if (!head.matches("(?s)HTTP/1\\.1 [0-9]{3} .*")) {
      throw new IllegalStateException("not a reply's head:\n" + head);
    }
    return Integer.parseInt(head.substring(9, 12));
  }

  /** The reply's head, an LF after each line. */
  public String headers() {
    return head;
  }

  /**
   * The next event's block, its empty line included; null at a proper end. Blocks.
   *
   * @throws IOException when the stream was cut: what came of the block is lost, as the standard
   *     has it
   */
  public String block() throws IOException {
    var block = new StringBuilder();
    var line = new StringBuilder();
    for (int b = next(); b >= 0; b = next()) {
      if (b != '\n') {
        line.append((char) b);
        continue;
      }
      if (line.isEmpty() && !block.isEmpty()) {
        return block.append('\n').toString();
      }
      if (!line.isEmpty() && line.charAt(0) == ':') {
        comments++;
      } else if (!line.isEmpty()) {
        block.append(line).append('\n');
      }
      line.setLength(0);
    }
    return null;
  }

  /** {@return how many lines of comment were passed over} */
  public int comments() {
    return comments;
  }

  /** The rest of a whole reply, as text. Blocks. */
  public String rest() throws IOException {
    var bytes = new ByteArrayOutputStream();
    int length = chunked ? Integer.MAX_VALUE : contentLength();
    for (int i = 0; i < length; i++) {
      int b = chunked ? next() : in.read();
      if (b < 0) {
        break;
      }
      bytes.write(b);
    }
    return bytes.toString(UTF_8);
  }

  private int contentLength() {
    return head.lines()
        .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  /** The next byte of the body, -1 at its proper end. */
  private int next() throws IOException {
    if (!chunked) {
      throw new IOException("not chunked:\n" + head);
    }
    if (ended) {
      return -1;
    }
    if (left == 0) {
      left = Integer.parseInt(line(), 16);
      if (left == 0) {
        ended = line().isEmpty();
        return -1;
      }
    }
    int b = in.read();
    if (b < 0) {
      throw new EOFException("cut in a chunk");
    }
    if (--left == 0 && !line().isEmpty()) {
      throw new IOException("chunk without its end");
    }
    return b;
  }

  /** {@return the value of a field's first line in a block, null when there is none} */
  public static String field(String block, String name) {
    return block
        .lines()
        .filter(line -> line.startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .findFirst()
        .orElse(null);
  }

  /** {@return a block's one line of data, decoded} */
  public static String data(String block) {
    var data = field(block, "data");
    return data == null ? "" : text(data);
  }

  /** {@return a block, or part of one, as the text that its bytes are} */
  public static String text(String block) {
    return new String(block.getBytes(ISO_8859_1), UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Ends without an end after so many bytes. */
  private static final class Breaking extends java.io.FilterInputStream {
    private long left;

    Breaking(InputStream in, long left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        return -1;
      }
      int read = super.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }
  }
}
