// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The official library for Java: all that its users do, and before upstreams that do wrong. */
@Timeout(120)
class OpenAiJavaIT {
  private static FaultyUpstream upstream;
  private static RunningTeleprinter teleprinter;
  private static OpenAIClient client;

  @BeforeAll
  static void start() throws IOException {
    upstream = new FaultyUpstream();
    teleprinter = RunningTeleprinter.start(upstream.yaml());
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(teleprinter.url("/v1").toString())
            .apiKey("none")
            .maxRetries(0)
            .build();
  }

  @AfterAll
  static void stop() throws IOException {
    client.close();
    teleprinter.close();
    upstream.close();
  }

  static Stream<String> models() {
    return Stream.concat(FaultyUpstream.WHOLE.stream(), FaultyUpstream.BROKEN.stream());
  }

  static Stream<String> chatModels() {
    return models().filter(model -> !model.startsWith("r-"));
  }

  @ParameterizedTest
  @MethodSource("chatModels")
  void aChatIsWholeOrAnError(String model) {
    var text = new StringBuilder();
    var finish = new StringBuilder();
    boolean error = false;
    try (var chunks = client.chat().completions().createStreaming(chat(model))) {
      chunks.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .forEach(choice -> {
            choice.delta().content().ifPresent(text::append);
            choice.finishReason().ifPresent(reason -> finish.append(reason.asString()));
          });
    } catch (OpenAIException e) {
      error = true;
    }
    FaultyUpstream.assertHonest(model, text.toString(), finish.toString(), error, model);
  }

  @ParameterizedTest
  @MethodSource("models")
  void aResponseIsWholeOrAnError(String model) {
    var text = new StringBuilder();
    var finish = new StringBuilder();
    boolean error = false;
    try (var events = client.responses().createStreaming(ask(model).build())) {
      events.stream()
          .forEach(event -> {
            event.outputTextDelta().ifPresent(delta -> text.append(delta.delta()));
            event.completed().ifPresent(completed -> finish.append("stop"));
          });
    } catch (OpenAIException e) {
      error = true;
    }
    FaultyUpstream.assertHonest(model, text.toString(), finish.toString(), error, model);
  }

  @Test
  void asksForWholeAnswersAndListsModels() {
    var completion = client.chat().completions().create(chat("demo"));
    assertThat(completion.choices().getFirst().message().content()).get().asString().isNotEmpty();
    var response = client.responses().create(ask("demo").build());
    assertThat(text(response)).isNotEmpty();
    assertThat(text(client.responses().retrieve(response.id()))).isEqualTo(text(response));
    assertThat(client.models().list().data())
        .extracting(model -> model.id())
        .contains("demo", "plain");
  }

  @Test
  void comesBackToABackgroundAnswerByStartingAfter() {
    var asked = ask("demo").background(true).maxOutputTokens(30).build();
    var id = client.responses().create(asked).id();
    var whole = numbers(client.responses().retrieveStreaming(id));
    var after = ResponseRetrieveParams.builder().startingAfter(7).build();
    var rest = numbers(client.responses().retrieveStreaming(id, after));
    assertThat(whole).startsWith(0L, 1L, 2L).hasSizeGreaterThan(30);
    assertThat(rest).isEqualTo(whole.subList(8, whole.size()));
  }

  @Test
  void cancelsABackgroundAnswer() {
    var id = client.responses().create(ask("demo").background(true).build()).id();
    assertThat(client.responses().cancel(id).status()).contains(ResponseStatus.CANCELLED);
    assertThat(client.responses().cancel(id).status()).contains(ResponseStatus.CANCELLED);
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThatThrownBy(() -> client.responses().retrieve("resp_none"))
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> client.chat().completions().create(chat("no")))
        .isInstanceOf(NotFoundException.class);
  }

  private static ChatCompletionCreateParams chat(String model) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage("hello").build();
  }

  private static ResponseCreateParams.Builder ask(String model) {
    return ResponseCreateParams.builder().model(model).input("how do I use it?");
  }

  private static String text(Response response) {
    var text = new StringBuilder();
    response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .flatMap(content -> content.outputText().stream())
        .forEach(part -> text.append(part.text()));
    return text.toString();
  }

  /** The sequence numbers of all events, as the raw JSON has them. */
  private static List<Long> numbers(StreamResponse<ResponseStreamEvent> events) {
    var numbers = new ArrayList<Long>();
    try (events) {
      events.stream().forEach(event -> numbers.add(number(event)));
    }
    return numbers;
  }

  private static long number(ResponseStreamEvent event) {
    var json = event._json().orElseThrow().convert(java.util.Map.class);
    return ((Number) json.get("sequence_number")).longValue();
  }
}
