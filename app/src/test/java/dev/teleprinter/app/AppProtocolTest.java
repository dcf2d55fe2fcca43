// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole program over real sockets: hub, clock, pages, and its own publish command. */
@Timeout(30)
class AppProtocolTest {
  @TempDir private static Path folder;
  private static App app;

  @BeforeAll
  static void start() {
    var options = new ServeOptions(null, "0", folder.toString(), null, null, false);
    app = App.start(Settings.read(options, Map.of()));
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  @Test
  void bringsAPublishedEventToAReader() throws Exception {
    try (var reader = Wire.get(app.port(), "/.well-known/mercure?topic=wire")) {
      reader.until("\n:\n");
      var published =
          Wire.exchange(
              app.port(),
              "POST /.well-known/mercure HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 46\r\n\r\n"
                  + "topic=wire&data=+a%0A%0Ab&id=7&type=t&retry=9&");
      assertThat(published).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n7");
      assertThat(reader.until("b\n\n"))
          .endsWith("id: 7\nevent: t\nretry: 9\ndata:  a\ndata: \ndata: b\n\n");
    }
  }

  @Test
  void endsAReaderWithItsTopicAndSendsItAway() throws Exception {
    try (var reader = Wire.get(app.port(), "/.well-known/mercure?topic=ending")) {
      reader.until("\n:\n");
      assertThat(publish("only\n", "ending", "--close")).isZero();
      assertThat(reader.rest()).contains("data: only\n\n").endsWith("0\r\n\r\n");
    }
    var again =
        Wire.exchange(
            app.port(),
            "GET /.well-known/mercure?topic=ending&last_event_id=earliest HTTP/1.1\r\n"
                + "Host: localhost\r\nLast-Event-ID: nobody\r\nConnection: close\r\n\r\n");
    assertThat(again).startsWith("HTTP/1.1 200").contains("event: gap\n", "data: only\n\n");
    var after =
        Wire.exchange(
            app.port(),
            "GET /.well-known/mercure?topic=ending HTTP/1.1\r\nHost: localhost\r\n"
                + "Connection: close\r\n\r\n");
    assertThat(after).startsWith("HTTP/1.1 204");
  }

  @Test
  void publishesALineBeforeTheNextOneIsThere() throws Exception {
    var program = new PipedOutputStream();
    try (var reader = Wire.get(app.port(), "/.well-known/mercure?topic=slow")) {
      reader.until("\n:\n");
      var input = new PipedInputStream(program);
      var status = CompletableFuture.supplyAsync(() -> publish(input, "slow"));
      program.write("one\n".getBytes(UTF_8));
      program.flush();
      reader.until("data: one\n\n");
      program.write("two\n".getBytes(UTF_8));
      program.flush();
      reader.until("data: two\n\n");
      program.close();
      assertThat(status.get(10, TimeUnit.SECONDS)).isZero();
    }
  }

  @Test
  void hearsARefusalWhileItsInputIsSilent() throws Exception {
    assertThat(publish("", "done", "--close")).isZero();
    try (var program = new PipedOutputStream()) {
      var input = new PipedInputStream(program);
      program.write("more\n".getBytes(UTF_8));
      assertThat(publish(input, "done")).isEqualTo(1);
    }
  }

  @Test
  void publishesAnEventStreamAsItIs() throws Exception {
    var events = "id: 1\nevent: t\ndata: a\ndata: b\n\n";
    assertThat(publish(events, "stream", "--events")).isZero();
    try (var reader =
        Wire.get(app.port(), "/.well-known/mercure?topic=stream&last_event_id=earliest")) {
      assertThat(reader.until("b\n\n")).endsWith(events);
    }
  }

  @Test
  void saysSoWhenTheServerIsAway() throws Exception {
    int port;
    try (var taken = new ServerSocket(0)) {
      port = taken.getLocalPort();
    }
    var err = new ByteArrayOutputStream();
    int status =
        Cli.run(
            new String[] {"publish", "t", "--data", "x", "--url", "http://127.0.0.1:" + port},
            Map.of(),
            InputStream.nullInputStream(),
            System.out,
            new PrintStream(err, true, UTF_8));
    assertThat(status).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("is the server running?").hasLineCount(1);
  }

  @Test
  void ticksForAReaderOfTheClock() throws Exception {
    try (var reader = Wire.get(app.port(), "/examples/clock/feed")) {
      assertThat(reader.until("\"}\n\n"))
          .contains("id: 1\nretry: 2000\ndata: {\"id\": ", "\ndata:  \"message\": \"Good ");
    }
  }

  @Test
  void refusesAPageOfAnotherOriginThatPosts() throws Exception {
    for (var path : new String[] {"/.well-known/mercure", "/v1/chat/completions"}) {
      var answer =
          Wire.exchange(
              app.port(),
              "POST "
                  + path
                  + " HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n"
                  + "Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
      assertThat(answer).startsWith("HTTP/1.1 403").contains("foreign_origin");
    }
  }

  @Test
  void takesATopicTypedIntoAnAddressAsItIs() throws Exception {
    assertThat(publish("1\n", "中文")).isZero();
    try (var reader =
        Wire.get(app.port(), "/.well-known/mercure?topic=中文&last_event_id=earliest")) {
      assertThat(reader.until("1\n\n")).endsWith("data: 1\n\n");
    }
  }

  @Test
  void servesThePageTheHealthAndNothingUnknown() throws Exception {
    assertThat(get("/")).startsWith("HTTP/1.1 200").contains("Content-Security-Policy");
    assertThat(get("/healthz")).startsWith("HTTP/1.1 200");
    assertThat(get("/nope")).startsWith("HTTP/1.1 404").contains("\"code\":\"not_found\"");
  }

  @Test
  void answersTheDemoModel() throws Exception {
    assertThat(get("/v1/models")).startsWith("HTTP/1.1 200").contains("\"demo\"");
  }

  private static String get(String path) throws IOException {
    return Wire.exchange(
        app.port(), "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }

  private static int publish(String input, String topic, String... options) {
    return publish(new ByteArrayInputStream(input.getBytes(UTF_8)), topic, options);
  }

  private static int publish(InputStream input, String topic, String... options) {
    var arguments = new String[options.length + 4];
    arguments[0] = "publish";
    arguments[1] = topic;
    arguments[2] = "--url";
    arguments[3] = "http://127.0.0.1:" + app.port();
    System.arraycopy(options, 0, arguments, 4, options.length);
    return Cli.run(arguments, Map.of(), input, System.out, System.err);
  }

  /** One connection, read as text with the chunk framing taken out where a line has it. */
  private static final class Wire implements AutoCloseable {
    private final Socket socket;
    private final StringBuilder seen = new StringBuilder();

    private Wire(Socket socket) {
      this.socket = socket;
    }

    static Wire get(int port, String target) throws IOException {
      var wire = new Wire(new Socket("127.0.0.1", port));
      wire.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      return wire;
    }

    static String exchange(int port, String request) throws IOException {
      try (var wire = new Wire(new Socket("127.0.0.1", port))) {
        wire.send(request);
        return wire.rest();
      }
    }

    private void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(UTF_8));
    }

    /** Reads on until what was read ends with a text, chunk ends aside; all of it. */
    String until(String end) throws IOException {
      while (!text().endsWith(end)) {
        int b = socket.getInputStream().read();
        if (b < 0) {
          throw new IOException("ended after: " + seen);
        }
        seen.append((char) b);
      }
      return text();
    }

    String rest() throws IOException {
      seen.append(new String(socket.getInputStream().readAllBytes(), UTF_8));
      return seen.toString();
    }

    private String text() {
      return seen.toString().replaceAll("\r\n[0-9a-fA-F]+\r\n", "\n").replace("\n\r\n", "\n");
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
