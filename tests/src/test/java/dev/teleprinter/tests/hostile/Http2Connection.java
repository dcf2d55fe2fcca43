// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A client's end of an HTTP/2 connection that sends any frames (RFC 9113), by prior knowledge.
 * Header fields are literals, never indexed. Confined to one thread.
 */
final class Http2Connection implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1);

  private static final int INITIAL_WINDOW_SIZE = 4; // a setting
  private static final int FRAME_BYTES_MAX = 16_384;
  private static final int[] STATUSES = {200, 204, 206, 304, 400, 404, 500}; // RFC 7541, 8 to 14

  private final Socket socket;
  private final BufferedInputStream in;
  private long connectionWindow = 65_535;
  private long initialWindow = 65_535;
  private long streamWindow; // of the one stream whose body is being sent
  private int bodyStream;

  /** One frame. Immutable. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean endsStream() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }
  }

  /** Sends the preface and settings: streams have that window to be sent into. */
  Http2Connection(int port, int window) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 65_536);
    send(PREFACE);
    var setting = ByteBuffer.allocate(6).putShort((short) INITIAL_WINDOW_SIZE).putInt(window);
    frame(SETTINGS, 0, 0, setting.array());
  }

  Http2Connection send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  static byte[] bytes(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  Http2Connection frame(int type, int flags, int stream, byte[] payload) throws IOException {
    return send(bytes(type, flags, stream, payload));
  }

  /** {@return a block of header fields, names and values by turns} */
  static byte[] block(String... fields) {
    var block = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      block.write(0);
      text(block, fields[i]);
      text(block, fields[i + 1]);
    }
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    int length = text.length();
    if (length < 127) {
      block.write(length);
    } else { // RFC 7541 5.1
      block.write(127);
      for (length -= 127; length >= 128; length >>= 7) {
        block.write(length & 127 | 128);
      }
      block.write(length);
    }
    block.writeBytes(text.getBytes(ISO_8859_1));
  }

  static byte[] request(String method, String path, String... more) {
    var fields = new ByteArrayOutputStream();
    fields.writeBytes(
        block(":method", method, ":scheme", "http", ":authority", "localhost", ":path", path));
    fields.writeBytes(block(more));
    return fields.toByteArray();
  }

  /** A request without a body. */
  Http2Connection get(int stream, String path) throws IOException {
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, request("GET", path));
  }

  /** A request with a body, which is sent as windows allow. {@return what became of it} */
  ConnectionFate post(int stream, String path, String type, byte[] body, Duration limit) {
    try {
      frame(HEADERS, END_HEADERS, stream, request("POST", path, "content-type", type));
      streamWindow = initialWindow;
      bodyStream = stream;
      for (int at = 0; at < body.length; ) {
        int count = (int) Math.min(Math.min(connectionWindow, streamWindow), FRAME_BYTES_MAX);
        if (count <= 0) {
          var frame = next(limit);
          if (frame.stream == stream && frame.type != WINDOW_UPDATE) {
            return ended(frame, stream, limit);
          }
          continue;
        }
        count = Math.min(count, body.length - at);
        var piece = java.util.Arrays.copyOfRange(body, at, at + count);
        at += count;
        frame(DATA, at == body.length ? END_STREAM : 0, stream, piece);
        connectionWindow -= count;
        streamWindow -= count;
      }
      return fate(stream, limit);
    } catch (SocketTimeoutException e) {
      return new ConnectionFate.Silent();
    } catch (IOException e) {
      return new ConnectionFate.Closed();
    }
  }

  /** Reads until a stream has ended. */
  ConnectionFate fate(int stream, Duration limit) throws IOException {
    var frame = next(limit);
    while (frame.stream != stream || frame.type == WINDOW_UPDATE) {
      frame = next(limit);
    }
    return ended(frame, stream, limit);
  }

  private ConnectionFate ended(Frame first, int stream, Duration limit) throws IOException {
    int status = 0;
    for (var frame = first; ; frame = next(limit)) {
      if (frame.stream != stream) {
        continue;
      }
      if (frame.type == RST_STREAM) {
        return new ConnectionFate.Closed();
      }
      if (frame.type == HEADERS && status == 0) {
        status = status(frame.payload);
      }
      if (frame.endsStream()) {
        return new ConnectionFate.Answered(status);
      }
    }
  }

  /** {@return the status, when it is one that tables have or a plain literal; else 0} */
  private static int status(byte[] block) {
    int at = block.length > 0 && (block[0] & 0xe0) == 0x20 ? 1 : 0; // a change of the table's size
    int first = block[at] & 0xff;
    if (first >= 0x88 && first <= 0x8e) {
      return STATUSES[first - 0x88];
    }
    boolean literal = (first == 0x48 || first == 0x08) && block.length > at + 4;
    return literal && block[at + 1] == 3
        ? Integer.parseInt(new String(block, at + 2, 3, ISO_8859_1))
        : 0;
  }

  /**
   * The next frame; settings and pings are acknowledged first.
   *
   * @throws SocketTimeoutException when none came for that long
   * @throws EOFException when the connection has ended
   */
  Frame next(Duration limit) throws IOException {
    socket.setSoTimeout((int) limit.toMillis());
    var head = exactly(9);
    int length = (head[0] & 0xff) << 16 | (head[1] & 0xff) << 8 | head[2] & 0xff;
    var frame = new Frame(head[3], head[4], ByteBuffer.wrap(head, 5, 4).getInt(), exactly(length));
    switch (frame.type) {
      case SETTINGS -> onSettings(frame);
      case PING -> {
        if ((frame.flags & ACK) == 0) {
          frame(PING, ACK, 0, frame.payload);
        }
      }
      case WINDOW_UPDATE -> {
        int more = ByteBuffer.wrap(frame.payload).getInt();
        connectionWindow += frame.stream == 0 ? more : 0;
        streamWindow += frame.stream == bodyStream && bodyStream != 0 ? more : 0;
      }
      default -> {}
    }
    return frame;
  }

  private void onSettings(Frame frame) throws IOException {
    if ((frame.flags & ACK) != 0) {
      return;
    }
    for (var settings = ByteBuffer.wrap(frame.payload); settings.remaining() >= 6; ) {
      int name = settings.getShort();
      int value = settings.getInt();
      if (name == INITIAL_WINDOW_SIZE) {
        streamWindow += value - initialWindow;
        initialWindow = value;
      }
    }
    frame(SETTINGS, ACK, 0, new byte[0]);
  }

  private byte[] exactly(int count) throws IOException {
    var bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("ended");
    }
    return bytes;
  }

  /** Reads whatever comes, acknowledging nothing, until the connection has ended. */
  ConnectionFate end(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    try {
      var bytes = new byte[65_536];
      while (true) {
        socket.setSoTimeout((int) Math.max(1, (until - System.nanoTime()) / 1_000_000));
        if (in.read(bytes) < 0) {
          return new ConnectionFate.Closed();
        }
        if (System.nanoTime() > until) {
          return new ConnectionFate.Silent();
        }
      }
    } catch (SocketTimeoutException e) {
      return new ConnectionFate.Silent();
    } catch (IOException e) {
      return new ConnectionFate.Closed();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
