// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.EventIds;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Subscribe;
import dev.teleprinter.server.Response.View;
import dev.teleprinter.sse.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class AnswerReadingTest {
  private static final String PATH = "/v1/responses/";
  private final TestApi api = TestApi.demo();
  private String id = "";

  @BeforeEach
  void ask() throws Exception {
    api.journal.append(Append.to("somebody/else", Event.of("x"))); // sequences are not ordinals
    id = api.begin("/v1/responses", "{\"model\":\"demo\",\"stream\":true,\"input\":\"hi\"}");
    api.awaitClosed(id);
  }

  @AfterEach
  void close() {
    api.close();
  }

  private Subscribe subscribe(String query, String... headers) throws Exception {
    return (Subscribe) read(query, headers);
  }

  private Response read(String query, String... headers) throws Exception {
    var http = new FakeRequest("GET", PATH + id + query);
    for (int i = 0; i < headers.length; i += 2) {
      http.with(headers[i], headers[i + 1]);
    }
    return api.call(http);
  }

  private void assertRefused(Response response, int status, String code) {
    assertThat(TestApi.status(response)).isEqualTo(status);
    var error = TestApi.json(response).path("error");
    assertThat(error.path("code").stringValue()).isEqualTo(code);
    assertThat(error.path("type").stringValue()).isEqualTo("invalid_request_error");
    assertThat(error.path("message").stringValue()).isNotBlank();
    assertThat(error.has("param")).isTrue();
  }

  private List<Event> after(Subscribe subscribe) {
    return api.journal.list(id, subscribe.after(), 100_000).stream()
        .map(recorded -> recorded.event().withId(null))
        .toList();
  }

  @Test
  void withoutACursorEverythingIsReplayed() throws Exception {
    assertThat(after(subscribe("?stream=true"))).isEqualTo(api.events(id));
    assertThat(subscribe("?stream=true").view()).isEqualTo(View.WITHOUT_IDS);
  }

  @Test
  void startingAfterIsTheSequenceNumber() throws Exception {
    var all = api.events(id);
    for (int n = -1; n < all.size(); n++) {
      assertThat(after(subscribe("?stream=true&starting_after=" + n)))
          .isEqualTo(all.subList(n + 1, all.size()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "", "-2", "1.5", "100000", "99999999999999999999"})
  void aBadStartingAfterIsRefused(String value) throws Exception {
    var response = read("?stream=true&starting_after=" + value);
    assertThat(TestApi.status(response)).isEqualTo(400);
    assertThat(TestApi.json(response).at("/error/param").stringValue()).isEqualTo("starting_after");
  }

  @Test
  void lastEventIdBeatsTheCursorOfTheUrl() throws Exception {
    long third = api.journal.sequenceAt(id, 2).orElseThrow();
    var eventId = EventIds.of(api.journal.epoch(), third);
    assertThat(subscribe("?stream=true&starting_after=5", "Last-Event-ID", eventId).after())
        .isEqualTo(third);
    for (var name : List.of("last_event_id", "lastEventId", "lastEventID", "Last-Event-ID")) {
      assertThat(subscribe("?stream=true&" + name + "=" + eventId).after()).isEqualTo(third);
    }
  }

  @Test
  void anEventSourceGetsIdsAndNeedsNoParameter() throws Exception {
    assertThat(subscribe("", "Accept", "text/event-stream").view()).isEqualTo(View.FRAMES);
    assertThat(subscribe("?stream=true&event_ids=true").view()).isEqualTo(View.FRAMES);
  }

  @Test
  void anEventSourceThatReturnsAfterTheEndIsSentAway() throws Exception {
    var last = EventIds.of(api.journal.epoch(), api.journal.latest());
    var response = read("?stream=true", "Accept", "text/event-stream", "Last-Event-ID", last);
    assertThat(TestApi.status(response)).isEqualTo(204);
  }

  @Test
  void anUnknownEventIdIsToldToAnEventSource() throws Exception {
    var subscribe =
        subscribe("?stream=true", "Accept", "text/event-stream", "Last-Event-ID", "other-7");
    assertThat(after(subscribe)).isEqualTo(api.events(id));
    var gap = new String(subscribe.opening().getFirst(), StandardCharsets.UTF_8);
    assertThat(gap)
        .startsWith("id: ")
        .contains("event: gap\n")
        .contains("\"requested\":\"other-7\"");
    // Coming back with the gap's id is coming back at the beginning.
    var gapId = gap.substring(4, gap.indexOf('\n'));
    var again = subscribe("?stream=true", "Accept", "text/event-stream", "Last-Event-ID", gapId);
    assertThat(again.opening()).isEmpty();
    assertThat(after(again)).isEqualTo(api.events(id));
  }

  @Test
  void anUnknownEventIdIsRefusedToAnSdk() throws Exception {
    assertRefused(read("?stream=true", "Last-Event-ID", "other-7"), 400, "unknown_event_id");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/responses/resp_unknown00",
        "/v1/responses/resp_unknown00?stream=true",
        "/v1/responses/somebody",
        "/v1/chat/completions/chatcmpl-unknown0?stream=true",
        "/v1/chat/completions/chatcmpl-unknown0"
      })
  void anUnknownAnswerIsNotFound(String target) throws Exception {
    assertRefused(api.get(target), 404, "not_found");
  }

  @Test
  void onlyAnswersAreReadAsAnswers() throws Exception {
    api.journal.append(Append.to("private-topic", Event.of("x")));
    assertRefused(api.get("/v1/responses/private-topic?stream=true"), 404, "not_found");
    assertRefused(api.get("/v1/chat/completions/" + id + "?stream=true"), 404, "not_found");
    assertRefused(api.post("/v1/responses/private-topic/cancel", ""), 404, "not_found");
  }

  @Test
  void aDeletedAnswerIsGone() throws Exception {
    var deleted = api.call(new FakeRequest("DELETE", PATH + id));
    assertThat(TestApi.json(deleted))
        .isEqualTo(Json.parse("{\"id\":\"" + id + "\",\"object\":\"response\",\"deleted\":true}"));
    assertRefused(read(""), 404, "not_found");
    assertRefused(read("?stream=true"), 404, "not_found");
    assertRefused(api.call(new FakeRequest("DELETE", PATH + id)), 404, "not_found");
  }

  @Test
  void badFlagsAreRefused() throws Exception {
    assertThat(TestApi.status(read("?stream=yes"))).isEqualTo(400);
    assertThat(TestApi.status(read("?stream=true&event_ids=1"))).isEqualTo(400);
  }

  @Test
  void aChatAnswerIsReadBackWhole() throws Exception {
    var chat =
        api.begin(
            "/v1/chat/completions",
            "{\"model\":\"demo\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    api.awaitClosed(chat);
    var completion = TestApi.json(api.get("/v1/chat/completions/" + chat));
    assertThat(completion.path("object").stringValue()).isEqualTo("chat.completion");
    assertThat(completion.path("status").stringValue()).isEqualTo("completed");
    assertThat(completion.at("/choices/0/message/content").stringValue())
        .isEqualTo(DemoAnswers.to("hi"));
    assertThat(completion.at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
  }
}
