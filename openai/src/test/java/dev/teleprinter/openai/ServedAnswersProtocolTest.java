// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.Routes;
import dev.teleprinter.server.Server;
import dev.teleprinter.server.ServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The API through the real server: real bytes over real sockets. */
@Timeout(60)
class ServedAnswersProtocolTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final MemoryJournal journal = new MemoryJournal(JournalConfig.defaults());
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private ScriptedUpstream upstream;
  private OpenAiApi api;
  private Server server;

  @BeforeEach
  void start() throws Exception {
    upstream = new ScriptedUpstream();
    server =
        Server.start(
            ServerConfig.defaults().withPort(0),
            (readers, loops) -> {
              api =
                  new OpenAiApi(
                      OpenAiConfig.defaults()
                          .withDrain(java.time.Duration.ZERO)
                          .withUpstreams(List.of(TestApi.config(upstream))),
                      journal,
                      readers,
                      loops,
                      ManualScheduler.withoutPauses(),
                      Clock.systemUTC(),
                      new Random(1));
              var routes = new Routes();
              api.addRoutes(routes);
              return routes;
            },
            journal,
            new MemoryBudget(256 << 20));
  }

  @AfterEach
  void stop() throws Exception {
    api.close();
    server.close();
    upstream.close();
    journal.close();
    client.close();
  }

  private HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + target));
  }

  private HttpResponse<String> post(String target, String body) throws Exception {
    return client.send(
        request(target).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String target, String... headers) throws Exception {
    var request = request(target);
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  private static String location(HttpResponse<?> response) {
    return response.headers().firstValue("Content-Location").orElseThrow();
  }

  /** What a reader dispatches: the blocks without heartbeats. */
  private static String blocks(String wire) {
    return Pattern.compile("(?m)^:.*\n").matcher(wire).replaceAll("");
  }

  @Test
  void streamsToItsEndAndCloses() throws Exception {
    var response = post(CHAT, ASK);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    assertThat(response.body()).endsWith("data: [DONE]\n\n").doesNotContain("id: ");
    var again = get(location(response));
    assertThat(blocks(again.body())).isEqualTo(blocks(response.body()));
  }

  @Test
  void aReaderCutAnywhereReadsTheRestByItsLastEventId() throws Exception {
    var location = location(post(CHAT, ASK));
    var whole = blocks(get(location, "Accept", "text/event-stream").body());
    var random = new Random(7);
    for (int run = 0; run < 25; run++) {
      int cut = random.nextInt(whole.length());
      // What an EventSource has dispatched when the connection breaks at this byte.
      int dispatched = whole.lastIndexOf("\n\n", cut - 2);
      var seen = dispatched < 0 ? "" : whole.substring(0, dispatched + 2);
      var ids = Pattern.compile("(?m)^id: (.*)$").matcher(seen).results().toList();
      var rest =
          ids.isEmpty()
              ? get(location, "Accept", "text/event-stream")
              : get(
                  location, "Accept", "text/event-stream", "Last-Event-ID", ids.getLast().group(1));
      assertThat(seen + blocks(rest.body())).as("cut at %d", cut).isEqualTo(whole);
    }
    var last = Pattern.compile("(?m)^id: (.*)$").matcher(whole).results().toList().getLast();
    assertThat(get(location, "Accept", "text/event-stream", "Last-Event-ID", last.group(1)))
        .extracting(HttpResponse::statusCode)
        .isEqualTo(204);
  }

  @Test
  void severalReadersFollowOneRunningAnswer() throws Exception {
    var go = new CountDownLatch(1);
    var chunk =
        "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
            + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
            + "\"finish_reason\":null}]}";
    upstream.on(
        CHAT,
        script().stream()
            .data(chunk)
            .await(go)
            .data(chunk.replace("null", "\"stop\""))
            .done()
            .end());
    var first =
        client.send(
            request(CHAT)
                .POST(HttpRequest.BodyPublishers.ofString(ASK.replace("demo", "m")))
                .build(),
            BodyHandlers.ofInputStream());
    var seen = readUntil(first.body(), "null}]}\n\n");
    assertThat(blocks(seen)).isEqualTo("data: " + chunk + "\n\n");
    var second = client.send(request(location(first)).build(), BodyHandlers.ofInputStream());
    assertThat(blocks(readUntil(second.body(), "null}]}\n\n"))).isEqualTo(blocks(seen));
    go.countDown();
    var rest = new String(first.body().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(blocks(rest)).endsWith("data: [DONE]\n\n");
    assertThat(new String(second.body().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(rest);
  }

  @Test
  void theLastReaderWhoLeavesEndsAnAnswerThatIsNotToGoOn() throws Exception {
    var chunk =
        "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
            + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
            + "\"finish_reason\":null}]}";
    var script = script().stream().data(chunk).stall();
    upstream.on(CHAT, script);
    var reader =
        client.send(
            request(CHAT)
                .header("Teleprinter-On-Disconnect", "cancel")
                .POST(HttpRequest.BodyPublishers.ofString(ASK.replace("demo", "m")))
                .build(),
            BodyHandlers.ofInputStream());
    readUntil(reader.body(), "null}]}\n\n");
    reader.body().close();
    assertThat(script.awaitGone()).isTrue();
    var error = get(location(reader)).body();
    assertThat(error).contains("event: error\n").contains("\"code\":\"cancelled\"");
  }

  @Test
  void errorsHaveTheOpenAiShape() throws Exception {
    assertThat(post(CHAT, "{").statusCode()).isEqualTo(400);
    assertThat(get("/v1/nothing").body()).startsWith("{\"error\":{\"message\":");
    assertThat(post("/v1/models", "").statusCode()).isEqualTo(405);
  }

  private static String readUntil(InputStream in, String end) throws Exception {
    var bytes = new ByteArrayOutputStream();
    while (!bytes.toString(StandardCharsets.UTF_8).endsWith(end)) {
      int b = in.read();
      if (b < 0) {
        throw new AssertionError("ended: " + bytes);
      }
      bytes.write(b);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
