// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * A POST whose body is sent as it is written, and whose answer is seen whenever it comes, also in
 * the middle of the body. Thread-safe.
 *
 * <p>The JDK's own client can do neither: it holds each piece of a body back until the next one is
 * there, and does not look for an answer before the body's end. So this is HTTP/1.1 by hand (RFC
 * 9112), as much as one request needs. While the body pauses, a comment goes out every few seconds:
 * servers and proxies close connections on which nothing moves.
 */
final class StreamingPost implements AutoCloseable {
  private static final long HEARTBEAT_SECONDS = 5;
  private static final int LINE_BYTES_MAX = 16 << 10;
  private static final int ANSWER_BYTES_MAX = 1 << 20;
  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] HEARTBEAT = {':', '\n'};

  private final Socket socket;
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private final ScheduledExecutorService heart =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("tp-heart-0").daemon().factory());

  // Guarded by this.
  private boolean moved; // since the last heartbeat
  private boolean atLineStart = true;
  private boolean ended;

  private StreamingPost(Socket socket) {
    this.socket = socket;
  }

  /** What came back: the status and the body as text. Immutable. */
  record Answer(int status, String body) {}

  /**
   * Connects and sends the head.
   *
   * @throws IOException with a sentence for the user when the server cannot be reached
   */
  static StreamingPost open(URI target, String contentType) throws IOException {
    var post = new StreamingPost(connect(target));
    var head =
        "POST %s?%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nUser-Agent: teleprinter/%s\r\n"
                .formatted(
                    target.getRawPath(),
                    target.getRawQuery(),
                    target.getRawAuthority(),
                    contentType,
                    Version.text())
            + "Accept: application/json, application/problem+json\r\n"
            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    post.socket.getOutputStream().write(head.getBytes(ISO_8859_1));
    Thread.ofPlatform().name("tp-answer-0").daemon().start(post::readAnswer);
    post.heart.scheduleAtFixedRate(
        post::beat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS, TimeUnit.SECONDS);
    return post;
  }

  private static Socket connect(URI target) throws IOException {
    boolean tls = target.getScheme().equals("https");
    int port = target.getPort() >= 0 ? target.getPort() : tls ? 443 : 80;
    var host = target.getHost().replaceAll("[\\[\\]]", "");
    try {
      var socket = tls ? tlsSocket(host, port) : new Socket(host, port);
      socket.setTcpNoDelay(true);
      return socket;
    } catch (ConnectException e) {
      throw new IOException(
          "nobody answers there: is the server running? (" + e.getMessage() + ")");
    } catch (UnknownHostException e) {
      throw new IOException("no such host");
    }
  }

  private static Socket tlsSocket(String host, int port) throws IOException {
    var socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket(host, port);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** The body: what is written goes out at once. Closing it does nothing, see {@link #end}. */
  OutputStream body() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        send(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        send(bytes, offset, length);
      }
    };
  }

  /** The answer, or an {@link IOException} when the connection ended without one. */
  CompletableFuture<Answer> answer() {
    return answer;
  }

  /** The body is complete. */
  synchronized void end() throws IOException {
    ended = true;
    socket.getOutputStream().write("0\r\n\r\n".getBytes(ISO_8859_1));
  }

  /**
   * The body cannot go on. If it is the connection that failed, an answer may have come before: the
   * thread that reads it has the better news.
   */
  void fail(IOException e) {
    heart.schedule(() -> answer.completeExceptionally(e), 1, TimeUnit.SECONDS);
  }

  private synchronized void send(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return; // an empty chunk would be the end
    }
    var size = Integer.toHexString(length).getBytes(ISO_8859_1);
    var chunk = new byte[size.length + length + 4];
    System.arraycopy(size, 0, chunk, 0, size.length);
    System.arraycopy(CRLF, 0, chunk, size.length, 2);
    System.arraycopy(bytes, offset, chunk, size.length + 2, length);
    System.arraycopy(CRLF, 0, chunk, chunk.length - 2, 2);
    socket.getOutputStream().write(chunk);
    moved = true;
    atLineStart = bytes[offset + length - 1] == '\n';
  }

  private synchronized void beat() {
    try {
      if (!moved && !ended && atLineStart) {
        send(HEARTBEAT, 0, HEARTBEAT.length);
      }
      moved = false;
    } catch (IOException e) {
      fail(e);
    }
  }

  private void readAnswer() {
    try {
      var input = new BufferedInputStream(socket.getInputStream());
      int status;
      boolean chunked;
      do { // interim answers, RFC 9110 15.2, come before the final one
        status = status(line(input));
        chunked = false;
        for (var field = line(input); !field.isEmpty(); field = line(input)) {
          chunked |= field.toLowerCase(Locale.ROOT).matches("transfer-encoding:.*chunked");
        }
      } while (status < 200);
      var body = chunked ? dechunked(input) : input.readNBytes(ANSWER_BYTES_MAX);
      answer.complete(new Answer(status, new String(body, UTF_8)));
    } catch (IOException e) {
      answer.completeExceptionally(
          new IOException("the connection ended without an answer (" + e.getMessage() + ")", e));
    }
  }

  private static int status(String line) throws IOException {
    if (!line.matches("HTTP/1\\.[01] [0-9]{3}( .*)?")) {
      throw new IOException("not HTTP");
    }
    return Integer.parseInt(line.substring(9, 12));
  }

  private static byte[] dechunked(InputStream input) throws IOException {
    var body = new ByteArrayOutputStream();
    while (true) {
      var size = line(input).split(";", 2)[0].strip();
      if (!size.matches("[0-9A-Fa-f]{1,6}")) {
        throw new IOException("a broken chunk");
      }
      int length = Integer.parseInt(size, 16);
      if (length == 0 || body.size() + length > ANSWER_BYTES_MAX) {
        return body.toByteArray();
      }
      body.writeBytes(input.readNBytes(length));
      line(input);
    }
  }

  private static String line(InputStream input) throws IOException {
    var line = new byte[256];
    int length = 0;
    for (int b = input.read(); b != '\n'; b = input.read()) {
      if (b < 0) {
        throw new EOFException("closed");
      }
      if (length == LINE_BYTES_MAX) {
        throw new IOException("a line too long");
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = (byte) b;
    }
    return new String(line, 0, length, ISO_8859_1).stripTrailing();
  }

  @Override
  public void close() throws IOException {
    heart.shutdownNow();
    socket.close();
  }
}
