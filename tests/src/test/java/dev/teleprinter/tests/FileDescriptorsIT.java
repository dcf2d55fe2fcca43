// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server without a file descriptor left: what it has goes on, and it comes back. */
@Timeout(120)
class FileDescriptorsIT {
  private static final int LIMIT = 1024;
  private static final int MORE_THAN_FIT = 1200;
  private static final int LEFT = 20;
  private static final int MORE_THAN_LEFT = 200;

  private final List<Socket> sockets = new ArrayList<>();

  @Test
  void servesNoMoreConnectionsThanItsFileDescriptorsAllow() throws Exception {
    try (var teleprinter = RunningTeleprinter.startWithin(LIMIT, "")) {
      assertThat(teleprinter.output()).contains("limits.connections: 18,000 need", "ulimit -n");
      open(teleprinter, MORE_THAN_FIT);
      assertThat(ask(sockets.getFirst(), "GET /healthz")).startsWith("HTTP/1.1 200 ");
      assertThat(closed()).isBetween(100, MORE_THAN_FIT - 500);
      closeAll();
      assertServes(teleprinter);
      // It may log that it ran out of them: here it has open five times the jars of the program.
      assertThat(teleprinter.output()).doesNotContain("Exception", "Error");
    }
  }

  @Test
  void outlivesThatThereIsNoFileDescriptorLeft() throws Exception {
    try (var teleprinter = RunningTeleprinter.start();
        var publisher = new Socket(InetAddress.getLoopbackAddress(), teleprinter.port());
        var reader = EventWire.get(teleprinter.port(), "/.well-known/mercure?topic=t")) {
      publish(publisher, "before"); // the first event opens the journal's file
      useUp(teleprinter);
      assertThat(closed()).isGreaterThan(MORE_THAN_LEFT / 2);
      assertThat(publish(publisher, "meanwhile")).startsWith("HTTP/1.1 200 ");
      assertThat(EventWire.data(reader.block())).isEqualTo("before");
      assertThat(EventWire.data(reader.block())).isEqualTo("meanwhile");
      closeAll();
      assertServes(teleprinter); // under the same limit
      assertThat(teleprinter.output())
          .containsOnlyOnce("out of file descriptors")
          .doesNotContain("Exception", "Error");
    }
  }

  @Test
  void stopsWithoutAFileDescriptorLeft() throws Exception {
    try (var teleprinter = RunningTeleprinter.start("timeouts: {drain: 1s}")) {
      useUp(teleprinter);
      teleprinter.stop();
      assertThat(teleprinter.output()).doesNotContain("Exception", "Error");
    } finally {
      closeAll();
    }
  }

  private void useUp(RunningTeleprinter teleprinter) throws Exception {
    long open;
    try (var files = Files.list(Path.of("/proc", "" + teleprinter.pid(), "fd"))) {
      open = files.count();
    }
    var limit = "--nofile=" + (open + LEFT) + ":"; // the soft one
    var prlimit =
        new ProcessBuilder("prlimit", "--pid", "" + teleprinter.pid(), limit).inheritIO().start();
    assertThat(prlimit.waitFor()).isZero();
    open(teleprinter, MORE_THAN_LEFT);
  }

  private void open(RunningTeleprinter teleprinter, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      var socket = new Socket(InetAddress.getLoopbackAddress(), teleprinter.port());
      socket.setSoTimeout(10_000);
      sockets.add(socket);
    }
  }

  /** How many the server closed by now. */
  private int closed() throws IOException {
    int closed = 0;
    for (var socket : sockets) {
      socket.setSoTimeout(20);
      try {
        closed += socket.getInputStream().read() < 0 ? 1 : 0;
      } catch (SocketTimeoutException e) {
        assertThat(socket.isConnected()).isTrue(); // one that it keeps
      } catch (SocketException e) { // a reset
        closed++;
      }
    }
    return closed;
  }

  private void closeAll() throws IOException {
    for (var socket : sockets) {
      socket.close();
    }
    sockets.clear();
  }

  private static String publish(Socket socket, String data) throws IOException {
    var form = "topic=t&data=" + data;
    return ask(
        socket,
        "POST /.well-known/mercure",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length(),
        form);
  }

  private static String ask(Socket socket, String request) throws IOException {
    return ask(socket, request, "Accept: */*", "");
  }

  /** The first bytes of the answer. */
  private static String ask(Socket socket, String request, String headers, String body)
      throws IOException {
    var text = request + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n\r\n" + body;
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    var answer = new byte[4096];
    int length = socket.getInputStream().read(answer);
    return new String(answer, 0, Math.max(0, length), ISO_8859_1);
  }

  /** Those that were closed may not all be gone yet. */
  private static void assertServes(RunningTeleprinter teleprinter) throws IOException {
    var answer = "";
    for (int tries = 0; tries < 100 && !answer.startsWith("HTTP/1.1 200 "); tries++) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), teleprinter.port())) {
        answer = ask(socket, "GET /healthz");
      } catch (SocketException e) {
        answer = String.valueOf(e.getMessage());
      }
    }
    assertThat(answer).startsWith("HTTP/1.1 200 ");
  }
}
