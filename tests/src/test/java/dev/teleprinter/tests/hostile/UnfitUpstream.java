// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;

/**
 * An upstream that is fit for the model {@value #TICKING} only, which says a numbered piece each 20
 * ms. Each other model is a lie or a fault of its own. Thread-safe.
 */
public final class UnfitUpstream implements AutoCloseable {
  /** The model that answers as it should. */
  public static final String TICKING = "ticking";

  /** How many pieces its answers have. */
  public static final int PIECES = 40;

  /** What a client must never see. */
  public static final String KEY = "sk-hostile-0123456789abcdef";

  /** The models that do not. */
  static final List<String> UNFIT =
      List.of(
          "huge-event",
          "endless-head",
          "many-heads",
          "html",
          "gzip",
          "s999",
          "s000",
          "s101",
          "drip",
          "garbage",
          "reset",
          "silent",
          "key",
          "endless-body",
          "bad-chunk",
          "long-json");

  private static final int ENDLESS_BYTES = 32 << 20;
  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: ";
  private static final String STREAM =
      HEAD + "text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  public UnfitUpstream() throws IOException {
    listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("unfit-upstream").start(this::accept);
  }

  /** {@return the configuration that makes a model of each} */
  public String yaml() {
    var yaml = new StringBuilder("upstreams:\n");
    add(yaml, TICKING);
    UNFIT.forEach(model -> add(yaml, model));
    return yaml.toString();
  }

  private void add(StringBuilder yaml, String model) {
    yaml.append(
        """
          %s: {base_url: "http://127.0.0.1:%d/%s/v1", api_key_env: UNFIT_KEY, models: [%s],
            speaks: chat, retries: {attempts: 1}, event: 256KiB,
            timeouts: {first_token: 2s, between_tokens: 2s}}
        """
            .formatted(model, listener.getLocalPort(), model, model)
            .indent(2));
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var socket = listener.accept();
        open.add(socket);
        Thread.ofPlatform().daemon().name("unfit-exchange").start(() -> serve(socket));
      } catch (IOException e) {
        continue; // closed, or no descriptor is free just now
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      var in = new BufferedInputStream(socket.getInputStream());
      for (var model = request(in); !model.isEmpty(); model = request(in)) {
        answer(model, socket);
      }
    } catch (IOException e) {
      open.remove(socket); // the server under attack has left, as it should
    } finally {
      open.remove(socket);
    }
  }

  /** Reads a request whole. {@return the model in its path, empty at the end} */
  private static String request(InputStream in) throws IOException {
    var first = line(in);
    long length = 0;
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Long.parseLong(line.substring(15).strip());
      }
    }
    in.skipNBytes(length);
    return first.isEmpty() ? "" : first.split("/")[1];
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(UTF_8);
  }

  private static void answer(String model, Socket socket) throws IOException {
    var out = socket.getOutputStream();
    switch (model) {
      case TICKING -> tick(out);
      case "huge-event" -> endless(out, STREAM, "data: ", "x".repeat(16_384), true);
      case "endless-body" -> endless(out, STREAM, "", chunk(0) + chunk(1), true);
      case "endless-head" -> endless(out, "HTTP/1.1 200 OK\r\nX: ", "", "y".repeat(16_384), false);
      case "many-heads" ->
          endless(out, "HTTP/1.1 200 OK\r\n", "", "X-A: b\r\n".repeat(2_048), false);
      case "long-json" ->
          endless(out, HEAD + "application/json\r\n\r\n", "{\"a\":[", "{},".repeat(5_000), false);
      case "html" ->
          whole(out, "200 OK", "text/html", "<script>alert(1)</script>".getBytes(UTF_8), "");
      case "gzip" -> whole(out, "200 OK", "application/json", gzip(), "Content-Encoding: gzip\r\n");
      case "s999" -> whole(out, "999 Odd", "application/json", "{}".getBytes(UTF_8), "");
      case "s000" -> whole(out, "000 Odd", "application/json", "{}".getBytes(UTF_8), "");
      case "s101" ->
          out.write(
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
                  .getBytes(UTF_8));
      case "key" ->
          whole(
              out,
              "401 Unauthorized",
              "application/json",
              ("{\"error\":{\"message\":\"Incorrect API key: " + KEY + "\",\"code\":null}}")
                  .getBytes(UTF_8),
              "");
      case "drip" -> drip(out);
      case "garbage" -> garbage(out);
      case "bad-chunk" -> out.write((STREAM + "zz\r\nnot a chunk\r\n").getBytes(UTF_8));
      case "silent" -> socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      default -> {
        socket.setSoLinger(true, 0);
        socket.close();
      }
    }
  }

  /** {@return a chunk of a chat answer, its text being a number} */
  static String chunk(int number) {
    return """
    data: {"id":"chatcmpl-x","object":"chat.completion.chunk","created":1,"model":"m",\
    "choices":[{"index":0,"delta":{"content":"%d "},"finish_reason":null}]}

    """
        .formatted(number);
  }

  private static void tick(OutputStream out) throws IOException {
    out.write(STREAM.getBytes(UTF_8));
    long begin = System.nanoTime();
    for (int i = 0; i < PIECES; i++) {
      AttackPace.until(begin + i * 20_000_000L);
      framed(out, chunk(i));
    }
    framed(out, chunk(0).replace("{\"content\":\"0 \"}", "{}").replace("null", "\"stop\""));
    framed(out, "data: [DONE]\n\n");
    out.write("0\r\n\r\n".getBytes(UTF_8));
  }

  private static void framed(OutputStream out, String text) throws IOException {
    out.write((Integer.toHexString(text.length()) + "\r\n" + text + "\r\n").getBytes(ISO_8859_1));
  }

  private static void endless(
      OutputStream out, String head, String first, String piece, boolean isChunked)
      throws IOException {
    out.write(head.getBytes(UTF_8));
    for (int sent = 0; sent < ENDLESS_BYTES; sent += piece.length()) {
      var text = sent == 0 ? first + piece : piece;
      if (isChunked) {
        framed(out, text);
      } else {
        out.write(text.getBytes(UTF_8));
      }
    }
    throw new IOException("enough");
  }

  private static void whole(OutputStream out, String status, String type, byte[] body, String more)
      throws IOException {
    var head = "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n";
    out.write(head.formatted(status, type, body.length, more).getBytes(UTF_8));
    out.write(body);
  }

  private static byte[] gzip() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(bytes)) {
      zip.write(
          "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"choices\":[]}".getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  /** A head, a byte each 100 ms, for longer than anybody should wait. */
  private static void drip(OutputStream out) throws IOException {
    for (byte b :
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Slow: 1\r\n"
            .repeat(5)
            .getBytes(UTF_8)) {
      out.write(b);
      AttackPace.pause(Duration.ofMillis(100));
    }
    throw new IOException("enough");
  }

  private static void garbage(OutputStream out) throws IOException {
    var bytes = new byte[65_536];
    new Random(7).nextBytes(bytes);
    out.write(bytes);
    throw new IOException("enough");
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (var socket : open) {
      socket.close();
    }
  }
}
