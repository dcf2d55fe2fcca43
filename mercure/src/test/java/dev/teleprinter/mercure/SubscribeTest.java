// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.Response;
import dev.teleprinter.server.Response.Reply;
import dev.teleprinter.server.Response.Subscribe;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mercure 4: subscription, and 4.1.5: reconnection. */
class SubscribeTest {
  private final HubFixture hub = new HubFixture();
  private final String epoch = hub.journal.epoch();

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void readsTheNamedTopicsFromNow() throws Exception {
    hub.append("a", "1");
    var subscribe = hub.subscribe(Requests.get("topic=a&match=b&match_exact=c&topic=a"));
    assertThat(subscribe.topics()).isEqualTo(Topics.of(java.util.List.of("a", "b", "c")));
    assertThat(subscribe.after()).isEqualTo(1);
    assertThat(subscribe.opening()).isEmpty();
    assertThat(subscribe.headers()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "x=1, topic_missing",
    "topic=, invalid_topic",
    "topic=a%00, invalid_topic",
    "match=*, patterns_unsupported",
    "topic=*, patterns_unsupported",
    "topic=/books/{id}, patterns_unsupported",
    "topic=a&match_urlpattern=/b, unsupported_matcher",
    "topic=a&MATCH=b, unsupported_matcher",
    "topic=a&matchmaker=b, unsupported_matcher",
    "topic=a&last_event_id=x&on_gap=ignore, invalid_on_gap",
  })
  void refusesMatchersItDoesNotHave(String query, String code) {
    var problem = hub.refused(Requests.get(query));
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.status()).isEqualTo(400);
  }

  @Test
  void takesBracesLiterallyInAnExactMatcher() throws Exception {
    assertThat(hub.subscribe(Requests.get("match={id}")).topics()).isEqualTo(Topics.of("{id}"));
  }

  @Test
  void capsTheTopics() {
    var query =
        IntStream.range(0, 101).mapToObj(i -> "topic=" + i).collect(Collectors.joining("&"));
    assertThat(hub.refused(Requests.get(query)).code()).isEqualTo("too_many_topics");
  }

  @ParameterizedTest
  @ValueSource(strings = {"last_event_id", "lastEventID", "lastEventId", "Last-Event-ID"})
  void goesOnAfterTheIdInTheQuery(String name) throws Exception {
    hub.append("a", "1");
    hub.append("a", "2");
    var subscribe = hub.subscribe(Requests.get("topic=a&" + name + "=%23" + epoch + "-1"));
    assertThat(subscribe.after()).isEqualTo(1);
    assertThat(subscribe.headers()).containsEntry("Mercure-Last-Event-ID", "#" + epoch + "-1");
  }

  @Test
  void letsTheHeaderBeatTheQuery() throws Exception {
    hub.publish("topic=a&data=1&id=one");
    hub.publish("topic=a&data=2&id=two");
    var request = Requests.get("topic=a&last_event_id=one").with("Last-Event-ID", "two");
    assertThat(hub.subscribe(request).after()).isEqualTo(2);
  }

  @Test
  void findsAnIdWhoseUtf8BytesCameAsCharacters() throws Exception {
    hub.publish("topic=a&data=1&id=é你");
    hub.append("a", "2");
    var header = new String("é你".getBytes(UTF_8), ISO_8859_1);
    var subscribe = hub.subscribe(Requests.get("topic=a").with("Last-Event-ID", header));
    assertThat(subscribe.after()).isEqualTo(1);
    assertThat(subscribe.headers()).containsEntry("Mercure-Last-Event-ID", "#" + epoch + "-1");
  }

  @Test
  void readsEverythingKeptForEarliestWithoutAGap() throws Exception {
    appendFive("small");
    var subscribe = hub.subscribe(Requests.get("topic=small&last_event_id=earliest"));
    assertThat(subscribe.after()).isZero();
    assertThat(subscribe.told()).isEqualTo(2);
    assertThat(subscribe.opening()).isEmpty();
    assertThat(subscribe.headers()).containsEntry("Mercure-Last-Event-ID", "earliest");
  }

  @Test
  void tellsAGapForAnUnknownIdAndThenReadsWhatIsKept() throws Exception {
    appendFive("small");
    var subscribe = hub.subscribe(Requests.get("topic=small&last_event_id=gone%22"));
    assertThat(opening(subscribe))
        .isEqualTo(
            "id: #%1$s-2\nevent: gap\ndata: {\"requested\":\"gone\\u0022\",".formatted(epoch)
                + "\"earliest\":\"%1$s-3\",\"latest\":\"%1$s-5\"}\n\n".formatted(epoch));
    assertThat(subscribe.after()).isEqualTo(2);
    assertThat(subscribe.told()).isEqualTo(2);
    assertThat(subscribe.headers()).containsEntry("Mercure-Last-Event-ID", "earliest");
  }

  @Test
  void tellsAGapForATrimmedId() throws Exception {
    appendFive("small");
    var request = Requests.get("topic=small").with("Last-Event-ID", "#" + epoch + "-1");
    assertThat(opening(hub.subscribe(request))).contains("\"requested\":\"#" + epoch + "-1\"");
  }

  @Test
  void goesOnFromNowAfterAGapWhenAskedTo() throws Exception {
    appendFive("small");
    var subscribe = hub.subscribe(Requests.get("topic=small&lastEventID=x&on_gap=latest"));
    assertThat(opening(subscribe)).startsWith("id: #" + epoch + "-5\n");
    assertThat(subscribe.after()).isEqualTo(5);
    assertThat(subscribe.headers()).containsEntry("Mercure-Last-Event-ID", "#" + epoch + "-5");
  }

  @Test
  void doesNotMeetTheSameGapAgainFromItsId() throws Exception {
    appendFive("small");
    var first = opening(hub.subscribe(Requests.get("topic=small&last_event_id=x")));
    var id = first.substring("id: ".length(), first.indexOf('\n'));
    var again = hub.subscribe(Requests.get("topic=small").with("Last-Event-ID", id));
    assertThat(again.opening()).isEmpty();
    assertThat(again.after()).isEqualTo(2);
  }

  @Test
  void losesNothingOfAnotherTopicToTheGapOfOne() throws Exception {
    hub.append("whole", "1");
    appendFive("small");
    var subscribe = hub.subscribe(Requests.get("topic=small&topic=whole&last_event_id=x"));
    assertThat(subscribe.after()).isZero();
    assertThat(subscribe.told()).isEqualTo(3);
  }

  @Test
  void tellsAGapOfATopicThatHoldsNothing() throws Exception {
    var subscribe = hub.subscribe(Requests.get("topic=a&last_event_id=x"));
    assertThat(opening(subscribe)).contains("\"earliest\":null,\"latest\":null");
  }

  @Test
  void answers204OnceAClosedTopicIsReadToItsEnd() throws Exception {
    var first = hub.publish("topic=a&data=1");
    var last = hub.publish("topic=a&data=2&close=1");
    assertThat(status("topic=a")).isEqualTo(204);
    assertThat(status("topic=a&last_event_id=%23" + last.substring(1))).isEqualTo(204);
    assertThat(status("topic=a&last_event_id=%23" + first.substring(1))).isEqualTo(200);
    assertThat(status("topic=a&last_event_id=earliest")).isEqualTo(200);
    assertThat(status("topic=a&topic=b")).isEqualTo(200);
  }

  @Test
  void answers204ForEarliestOfAClosedTopicThatNeverHadAnEvent() throws Exception {
    hub.publish("topic=a&close=1");
    assertThat(status("topic=a&last_event_id=earliest")).isEqualTo(204);
  }

  @Test
  void servesThisMachineOnly() {
    var problem = hub.refused(Requests.get("topic=a").from("192.0.2.1"));
    assertThat(problem.status()).isEqualTo(403);
    assertThat(problem.code()).isEqualTo("not_local");
  }

  private void appendFive(String topic) {
    for (int i = 0; i < 5; i++) {
      hub.append(topic, "x" + i);
    }
    hub.journal.close("sync"); // its answer comes after the batch before was trimmed
  }

  private int status(String query) throws Exception {
    Response response = hub.handle(Requests.get(query));
    return response instanceof Reply reply ? reply.status() : 200;
  }

  private static String opening(Subscribe subscribe) {
    assertThat(subscribe.opening()).hasSize(1);
    return new String(subscribe.opening().get(0), UTF_8);
  }
}
