// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A server that takes any bytes over real sockets, and judges itself: whatever comes, the
 * connection ends soon after its client's side has ended, no reply is a 500, no failure is logged,
 * and the next request is served. Handlers run on its one loop, so that an end means that all was
 * done. Confined to one thread.
 */
final class FuzzedServer implements AutoCloseable {
  private static final int PATIENCE_MS = 25_000;
  private static final byte[] PROBE =
      "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(US_ASCII);

  private final AtomicReference<Throwable> logged = new AtomicReference<>();
  private final MemoryJournal journal = new MemoryJournal(JournalConfig.defaults());
  private final Server server;
  private final Logger logger = Logger.getLogger("dev.teleprinter.server"); // kept, else collected
  private int inputs;

  FuzzedServer() throws IOException {
    logger.addHandler(new FailureKeeper());
    logger.setUseParentHandlers(false);
    var timeouts = ServerConfig.defaults().timeouts().withRequest(Duration.ofSeconds(3));
    server =
        Server.start(
            ServerConfig.defaults().withPort(0).withLoops(1).withTimeouts(timeouts),
            FuzzedServer::routes,
            journal,
            MemoryBudget.ofHeap(512L << 20),
            Ticker.system());
  }

  private static Routes routes(Readers readers, Loops loops) {
    return new Routes()
        .addOnLoop("GET", "/hello", _ -> Response.text(200, "hello"))
        .addOnLoop("GET", "/query", request -> Response.text(200, request.query().toString()))
        .addOnLoop(
            "POST",
            "/body",
            request -> {
              var body = request.tryBody(1_000);
              return Response.text(200, body == null ? "later" : "" + body.length);
            });
  }

  /** Sends the bytes, ends its side, and reads all that comes. */
  void take(byte[] bytes) {
    var reply = exchange(bytes);
    if (reply.startsWith("HTTP/1.1 500") || reply.contains("\nHTTP/1.1 500")) {
      throw new AssertionError("a reply of 500: " + reply);
    }
    var failure = logged.getAndSet(null);
    if (failure != null) {
      throw new AssertionError("a failure was logged", failure);
    }
    if (++inputs % 64 == 0 && !exchange(PROBE).startsWith("HTTP/1.1 200")) {
      throw new AssertionError("the next request is not served");
    }
  }

  private String exchange(byte[] bytes) {
    var reply = new ByteArrayOutputStream();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      socket.getInputStream().transferTo(reply);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("open for 25 s after its client has ended: " + reply, e);
    } catch (IOException e) {
      return reply.toString(ISO_8859_1); // it was reset: an end, too
    }
    return reply.toString(ISO_8859_1);
  }

  @Override
  public void close() {
    server.close();
    journal.close();
  }

  /** Keeps what the server logs with a stack: only bugs are logged so. */
  private final class FailureKeeper extends Handler {
    @Override
    public void publish(LogRecord entry) {
      if (entry.getThrown() != null) {
        logged.set(entry.getThrown());
      }
    }

    @Override
    public void flush() {
      return; // nothing is held
    }

    @Override
    public void close() {
      return; // nothing is open
    }
  }
}
