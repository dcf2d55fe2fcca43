// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What programs other than a browser do with the server. Stateless. */
final class Api {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final JsonMapper JSON = new JsonMapper();

  private Api() {}

  /** The Response at the address from which an answer is read. */
  static JsonNode response(URI stream) throws IOException, InterruptedException {
    var whole = URI.create(stream.toString().replaceFirst("\\?.*", ""));
    var reply = HTTP.send(HttpRequest.newBuilder(whole).build(), BodyHandlers.ofString());
    assertThat(reply.statusCode()).isEqualTo(200);
    return JSON.readTree(reply.body());
  }

  /** A Response's text. */
  static String text(JsonNode response) {
    var text = new StringBuilder();
    for (var item : response.path("output")) {
      for (var part : item.path("content")) {
        text.append(part.path("text").asString(""));
      }
    }
    return text.toString();
  }

  /** Publishes by the program that everybody has: fields as {@code name=value}. */
  static void curl(URI hub, String... fields) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("curl", "-sS", "--fail-with-body", hub.toString()));
    for (var field : fields) {
      command.addAll(List.of("--data-urlencode", field));
    }
    var curl = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(curl.waitFor()).as(said).isZero();
  }

  /** Publishes without a process for each event. */
  static void publish(URI hub, String... fields) {
    var form =
        Stream.of(fields)
            .map(field -> field.split("=", 2))
            .map(field -> field[0] + "=" + URLEncoder.encode(field[1], StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    var request =
        HttpRequest.newBuilder(hub)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(form))
            .build();
    try {
      var reply = HTTP.send(request, BodyHandlers.ofString());
      assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("publish to " + hub, e);
    }
  }
}
