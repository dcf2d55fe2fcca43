// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client that sends exactly the HTTP/2 frames a test says (RFC 9113 6), and reads frames. */
final class Http2Wire implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int ACK = 1;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int SETTINGS_TIMEOUT = 4;
  static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private final Socket socket;
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
  private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();

  Http2Wire(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  Http2Wire(Socket connected) throws IOException {
    socket = connected;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(10_000);
    in = new DataInputStream(socket.getInputStream());
  }

  /** A frame as it came; of HEADERS, also the status in it, else 0. */
  record Frame(int type, int flags, int stream, byte[] payload, int status) {
    boolean ends() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }

    /** The error code of RST_STREAM or GOAWAY. */
    int error() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }

    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }
  }

  /** What a stream was answered with. */
  record Answer(int status, String body, int resetCode) {}

  // ---- Sends.

  /** Preface and SETTINGS: identifiers and values. */
  Http2Wire start(int... settings) throws IOException {
    bytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    settings(settings);
    return frame(SETTINGS, ACK, 0).flush(); // to what the server is about to send
  }

  Http2Wire preface() throws IOException {
    return bytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
  }

  Http2Wire settings(int... identifiersAndValues) throws IOException {
    var payload = ByteBuffer.allocate(identifiersAndValues.length * 3);
    for (int i = 0; i < identifiersAndValues.length; i += 2) {
      payload.putShort((short) identifiersAndValues[i]).putInt(identifiersAndValues[i + 1]);
    }
    return frame(SETTINGS, 0, 0, payload.array());
  }

  Http2Wire get(int stream, String path) throws IOException {
    return headers(stream, END_STREAM | END_HEADERS, block(":method", "GET", ":path", path))
        .flush();
  }

  Http2Wire post(int stream, String path, String... more) throws IOException {
    var head = new ArrayList<>(List.of(":method", "POST", ":path", path));
    head.addAll(List.of(more));
    return headers(stream, END_HEADERS, block(head.toArray(String[]::new))).flush();
  }

  Http2Wire headers(int stream, int flags, byte[] block) throws IOException {
    return frame(HEADERS, flags, stream, block);
  }

  Http2Wire data(int stream, boolean end, String text) throws IOException {
    return frame(DATA, end ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.UTF_8)).flush();
  }

  Http2Wire windowUpdate(int stream, int bytes) throws IOException {
    return frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
  }

  Http2Wire reset(int stream) throws IOException {
    return frame(RST_STREAM, 0, stream, ByteBuffer.allocate(4).putInt(CANCEL).array());
  }

  Http2Wire frame(int type, int flags, int stream, byte... payload) throws IOException {
    bytes(head(payload.length, type, flags, stream));
    return bytes(payload);
  }

  static byte[] head(int length, int type, int flags, int stream) {
    return ByteBuffer.allocate(9)
        .put((byte) (length >> 16))
        .putShort((short) length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .array();
  }

  Http2Wire bytes(byte... bytes) throws IOException {
    unsent.write(bytes);
    return this;
  }

  Http2Wire flush() throws IOException {
    socket.getOutputStream().write(unsent.toByteArray());
    unsent.reset();
    return this;
  }

  /** A request's header block: what is given, and scheme and authority unless a name is empty. */
  static byte[] block(String... namesAndValues) {
    var all = new ArrayList<>(List.of(namesAndValues));
    all.addAll(2, List.of(":scheme", "http", ":authority", "localhost"));
    return exactBlock(all.toArray(String[]::new));
  }

  /** Literal fields without indexing or Huffman code, RFC 7541 6.2.2. */
  static byte[] exactBlock(String... namesAndValues) {
    var block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      block.write(0);
      literal(block, namesAndValues[i]);
      literal(block, namesAndValues[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream to, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    int prefix = 127;
    if (bytes.length < prefix) {
      to.write(bytes.length);
    } else { // RFC 7541 5.1
      to.write(prefix);
      int rest = bytes.length - prefix;
      for (; rest >= 128; rest >>= 7) {
        to.write(rest & 127 | 128);
      }
      to.write(rest);
    }
    to.writeBytes(bytes);
  }

  // ---- Reads.

  /** The next frame, null when the connection is closed. */
  @Nullable Frame next() throws IOException {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      var payload = in.readNBytes(length);
      // Each block is decoded, in order: one may name what another has put into the table.
      int status = type == HEADERS ? status(stream, payload) : 0;
      return new Frame(type, flags, stream, payload, status);
    } catch (EOFException | SocketException e) {
      return null;
    }
  }

  /** The next frame of a type. */
  Frame next(int type) throws IOException {
    for (var frame = next(); frame != null; frame = next()) {
      if (frame.type == type && (type != SETTINGS || (frame.flags & ACK) == 0)) {
        return frame;
      }
    }
    throw new IOException("closed before a frame of type " + type);
  }

  /** All frames until the connection is closed. */
  List<Frame> rest() throws IOException {
    var frames = new ArrayList<Frame>();
    for (var frame = next(); frame != null; frame = next()) {
      frames.add(frame);
    }
    return frames;
  }

  /** The error code of the GOAWAY before the connection is closed, -1 if there is none. */
  int goneWith() throws IOException {
    return rest().stream()
        .filter(frame -> frame.type == GOAWAY)
        .map(Frame::error)
        .reduce(-1, (_, last) -> last);
  }

  /** The response on a stream, when it has ended or was reset. */
  Answer answer(int stream) throws IOException {
    int status = 0;
    var body = new StringBuilder();
    for (var frame = next(); frame != null; frame = next()) {
      if (frame.type == HEADERS) {
        status = frame.stream == stream ? frame.status : status;
      }
      if (frame.stream == stream && frame.type == DATA) {
        body.append(frame.text());
      }
      if (frame.stream == stream && (frame.ends() || frame.type == RST_STREAM)) {
        return new Answer(status, body.toString(), frame.type == RST_STREAM ? frame.error() : -1);
      }
    }
    throw new IOException("closed before the end of stream " + stream);
  }

  private int status(int stream, byte[] block) throws IOException {
    try {
      var headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block));
      return Integer.parseInt(headers.status().toString());
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
