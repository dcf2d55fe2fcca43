// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The OpenAI API of a relay: a reader asks, and reads the answer it asked for. Immutable.
 *
 * @param port where the relay listens
 * @param model whom to ask
 */
public record Chats(int port, String model) implements Hub {
  private static final String PATH = "/v1/chat/completions";
  private static final Pattern CONTENT =
      Pattern.compile("\"content\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*+)\"");

  /** An answer has no topic that a reader could name: what stands in its place is the question. */
  @Override
  public Ask subscribe(List<String> questions) {
    return Ask.post(PATH, "application/json", body(questions.getFirst(), true));
  }

  @Override
  public Ask publish(String topic, String data) {
    throw new UnsupportedOperationException("a relay is asked, nobody publishes to it");
  }

  /** {@return an answer's text, escaped as in JSON, as the relay gives it in one piece} */
  public byte[] wholeAnswer(String question) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + PATH))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(60))
            .POST(BodyPublishers.ofString(body(question, false)))
            .build();
    try (var client = HttpClient.newHttpClient()) {
      var response = client.send(request, BodyHandlers.ofString());
      var content = CONTENT.matcher(response.body());
      if (response.statusCode() != 200 || !content.find()) {
        throw new LedgerException("relay: answered " + response.statusCode() + " to a question");
      }
      return content.group(1).getBytes(UTF_8);
    }
  }

  private String body(String question, boolean stream) {
    return "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(model, stream, question);
  }
}
