// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An upstream that does exactly what it is told, byte by byte, stalls and resets included, over real
 * loopback sockets. Each request gets the next script of its path; when there is none left, the last
 * one again. Thread-safe.
 *
 * <pre>{@code
 * upstream.on("/v1/chat/completions", script().stream().data(chunk).half("data: {\"id").reset());
 * }</pre>
 */
public final class ScriptedUpstream implements AutoCloseable {
  private final String address;
  private final ServerSocket listener;
  private final Map<String, List<Script>> scripts = new ConcurrentHashMap<>();
  private final Map<String, Integer> used = new ConcurrentHashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger accepted = new AtomicInteger();
  private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
  private final List<Received> all = new ArrayList<>(); // guarded by this

  /** Listens on a free loopback port. */
  public ScriptedUpstream() throws IOException {
    this("127.0.0.1");
  }

  /** Listens on a free port of that address, an IPv6 one with its brackets. */
  ScriptedUpstream(String address) throws IOException {
    this.address = address;
    listener = new ServerSocket(0, 64, InetAddress.getByName(address));
    Thread.ofVirtual().name("scripted-upstream").start(this::accept);
  }

  /** What it was asked. Immutable. */
  public record Received(String method, String path, Map<String, String> headers, String body) {
    /** A header, by lower-case name; empty when absent. */
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** One thing done to a connection. */
  @FunctionalInterface
  private interface Step {
    void run(Exchange exchange) throws Exception;
  }

  /** A connection while a script runs over it. */
  private record Exchange(Socket socket, InputStream in, OutputStream out) {
    void write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }
  }

  /** What to do with one request, step by step. Filled before use. */
  public static final class Script {
    private final List<Step> steps = new ArrayList<>();
    private final CountDownLatch gone = new CountDownLatch(1);
    private boolean chunked;

    private Script() {}

    /** A whole reply. */
    public Script reply(int status, String contentType, String body, String... headers) {
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      return raw("HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
              .formatted(status, contentType, bytes.length, lines(headers)))
          .bytes(bytes);
    }

    /** A whole JSON reply. */
    public Script json(int status, String body, String... headers) {
      return reply(status, "application/json", body, headers);
    }

    /** The head of a chunked event stream; what follows is framed as chunks. */
    public Script stream(String... headers) {
      raw(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
              + lines(headers)
              + "\r\n");
      chunked = true;
      return this;
    }

    private static String lines(String... headers) {
      var lines = new StringBuilder();
      for (var header : headers) {
        lines.append(header).append("\r\n");
      }
      return lines.toString();
    }

    /** One event of data on one line. */
    public Script data(String data) {
      return text("data: " + data + "\n\n");
    }

    /** One named event. */
    public Script event(String type, String data) {
      return text("event: " + type + "\ndata: " + data + "\n\n");
    }

    /** The last event of both dialects. */
    public Script done() {
      return data("[DONE]");
    }

    /** Any text, written and flushed as one chunk. */
    public Script text(String text) {
      return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Any text, each of its bytes flushed alone: CRLF and UTF-8 split wherever possible. */
    public Script byByte(String text) {
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        bytes(new byte[] {b});
      }
      return this;
    }

    /** Any bytes. */
    public Script bytes(byte[] bytes) {
      if (!chunked) {
        steps.add(exchange -> exchange.write(bytes));
        return this;
      }
      var frame = new ByteArrayOutputStream();
      frame.writeBytes(
          (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      frame.writeBytes(bytes);
      frame.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
      steps.add(exchange -> exchange.write(frame.toByteArray()));
      return this;
    }

    /** Bytes outside of any framing. */
    public Script raw(String text) {
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      steps.add(exchange -> exchange.write(bytes));
      return this;
    }

    /** Goes on when the latch is down. */
    public Script await(CountDownLatch latch) {
      steps.add(exchange -> latch.await());
      return this;
    }

    /** Sends nothing for a time. */
    public Script pause(Duration time) {
      steps.add(exchange -> gone.await(time.toMillis(), TimeUnit.MILLISECONDS));
      return this;
    }

    /** Tells a test that the script has come this far. */
    public Script reach(CountDownLatch latch) {
      steps.add(exchange -> latch.countDown());
      return this;
    }

    /** Sends nothing more, until the other side is gone. */
    public Script stall() {
      steps.add(exchange -> {
        while (exchange.in.read() >= 0) {
          continue;
        }
        throw new IOException("gone");
      });
      return this;
    }

    /** Ends the body as it should end; the connection may be used again. */
    public Script end() {
      steps.add(exchange -> {
        if (chunked) {
          exchange.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
      });
      return this;
    }

    /** Closes the connection in the middle. */
    public Script close() {
      steps.add(exchange -> exchange.socket.close());
      return this;
    }

    /**
     * Resets the connection in the middle. A reader on Linux still gets what came before; for any
     * other, {@link #await} until it was read.
     */
    public Script reset() {
      steps.add(exchange -> {
        exchange.socket.setSoLinger(true, 0);
        exchange.socket.close();
      });
      return this;
    }

    /** Whether the other side has closed the connection while the script was at work. */
    public boolean isGone() {
      return gone.getCount() == 0;
    }

    /** The same, waiting for it up to 10 s. */
    public boolean awaitGone() throws InterruptedException {
      return gone.await(10, TimeUnit.SECONDS);
    }
  }

  /** A script without steps. */
  public static Script script() {
    return new Script();
  }

  /** Adds the script of the path's next request. */
  public ScriptedUpstream on(String path, Script script) {
    scripts.computeIfAbsent(path, p -> new ArrayList<>()).add(script);
    return this;
  }

  /** The base URL of its API, {@code /v1} included. */
  public URI baseUrl() {
    return URI.create("http://" + address + ":" + listener.getLocalPort() + "/v1");
  }

  /** The next request it got, waiting up to 10 s for it. */
  public Received received() throws InterruptedException {
    var next = received.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new IllegalStateException("upstream: no request came");
    }
    return next;
  }

  /** All requests so far. */
  public synchronized List<Received> requests() {
    return List.copyOf(all);
  }

  /** How many connections it took so far. */
  public int connections() {
    return accepted.get();
  }

  private void accept() {
    try {
      while (true) {
        var socket = listener.accept();
        open.add(socket);
        accepted.incrementAndGet();
        Thread.ofVirtual().name("scripted-exchange").start(() -> serve(socket));
      }
    } catch (IOException e) {
      if (!listener.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      var in = socket.getInputStream();
      while (true) {
        var request = read(in);
        if (request == null) {
          return;
        }
        synchronized (this) {
          all.add(request);
        }
        received.add(request);
        run(next(request.path()), new Exchange(socket, in, socket.getOutputStream()));
      }
    } catch (IOException e) {
      // The other side left, as many scripts want it to.
      open.remove(socket);
    } finally {
      open.remove(socket);
    }
  }

  private Script next(String path) {
    var list = scripts.get(path);
    if (list == null) {
      return script().json(404, "{\"detail\":\"Not Found\"}");
    }
    int index = used.merge(path, 1, Integer::sum) - 1;
    return list.get(Math.min(index, list.size() - 1));
  }

  private static void run(Script script, Exchange exchange) throws IOException {
    try {
      for (var step : script.steps) {
        step.run(exchange);
      }
    } catch (IOException e) {
      script.gone.countDown();
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static Received read(InputStream in) throws IOException {
    var first = line(in);
    if (first.isEmpty()) {
      return null;
    }
    var headers = new LinkedHashMap<String, String>();
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    var length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    var parts = first.split(" ");
    return new Received(parts[0], parts[1], headers, body);
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (var socket : open) {
      socket.close();
    }
  }
}
