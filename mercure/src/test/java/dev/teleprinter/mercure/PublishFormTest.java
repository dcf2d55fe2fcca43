// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Routes;
import dev.teleprinter.sse.Event;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mercure 5: publication by form. */
class PublishFormTest {
  private final HubFixture hub = new HubFixture(MercureConfig.defaults().withEventBytesMax(1000));

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void answersWithTheIdOfTheEvent() throws Exception {
    assertThat(hub.publish("topic=a&data=1")).isEqualTo("#" + hub.journal.epoch() + "-1");
    assertThat(hub.publish("topic=a&data=2&id=mine")).isEqualTo("mine");
  }

  @Test
  void keepsEveryField() throws Exception {
    hub.publish("topic=a&data=+x%0A%0Ay+%F0%9F%91%8D&id=%5B%22&type=tick&retry=0250&other=ignored");
    assertThat(hub.events("a")).containsExactly(new Event("[\"", "tick", " x\n\ny 👍", 250L));
  }

  @Test
  void appendsToEachTopicOnceWhetherInTheFormOrTheQuery() throws Exception {
    hub.publish("topic=a&topic=b&topic=a&data=1");
    assertThat(hub.events("a")).hasSize(1);
    assertThat(hub.events("b")).hasSize(1);
    assertThat(hub.journal.latest()).isEqualTo(1);
  }

  @Test
  void takesNoDataForEmptyData() throws Exception {
    hub.publish("topic=a");
    assertThat(hub.events("a")).extracting(Event::data).containsExactly("");
  }

  @Test
  void acknowledgesARepeatedIdWithoutAppendingItAgain() throws Exception {
    hub.publish("topic=a&data=1&id=x");
    assertThat(hub.publish("topic=a&data=1&id=x")).isEqualTo("x");
    assertThat(hub.events("a")).hasSize(1);
  }

  @Test
  void closesTheTopicsAfterTheEvent() throws Exception {
    hub.publish("topic=a&topic=b&data=last&close=1");
    assertThat(hub.journal.state("b").orElseThrow().closed()).isTrue();
    var problem = hub.refused(Requests.form("topic=a&data=more"));
    assertThat(problem.status()).isEqualTo(409);
    assertThat(problem.code()).isEqualTo("topic_closed");
  }

  @Test
  void closesWithoutAnEventAndAnswersWithItsPlace() throws Exception {
    var id = hub.publish("topic=a&data=1");
    assertThat(hub.publish("topic=a&close")).isEqualTo(id);
    assertThat(hub.publish("topic=a&close")).isEqualTo(id);
    assertThat(hub.events("a")).hasSize(1);
    assertThat(hub.journal.state("a").orElseThrow().closed()).isTrue();
  }

  @Test
  void doesNotCloseWhenTheFieldSaysNo() throws Exception {
    hub.publish("topic=a&data=1&close=0");
    assertThat(hub.journal.state("a").orElseThrow().closed()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "data=1, 400, topic_missing",
    "topic=&data=1, 400, invalid_topic",
    "topic=*&data=1, 400, invalid_topic",
    "topic=a%0Ab&data=1, 400, invalid_topic",
    "topic=a%C2%85b&data=1, 400, invalid_topic",
    "topic=a%E2%80%8Db&data=1, 400, invalid_topic",
    "topic=/.well-known/mercure/x&data=1, 400, reserved_topic",
    "topic=a&id=%23x, 400, invalid_id",
    "topic=a&id=earliest, 400, invalid_id",
    "topic=a&id=x%00, 400, invalid_id",
    "topic=a&id=x%0Aevent:+y, 400, invalid_id",
    "topic=a&type=mercure, 400, reserved_type",
    "topic=a&type=gap, 400, reserved_type",
    "topic=a&type=busy&close=1&data=1, 400, reserved_type",
    "topic=a&type=error, 400, reserved_type",
    "topic=a&type=open, 400, reserved_type",
    "topic=a&type=x%0D, 400, invalid_type",
    "topic=a&retry=1s, 400, invalid_retry",
    "topic=a&retry=-1, 400, invalid_retry",
    "topic=a&retry=%D9%A1, 400, invalid_retry",
    "topic=a&retry=99999999999999999999, 400, invalid_retry",
    "topic=a&close=maybe, 400, invalid_close",
    "topic=a&data=1&data=2, 400, repeated_field",
    "topic=a&data=%, 400, invalid_form",
    "topic=a&data=1&private=on, 403, private_unsupported",
    "topic=a&data=1&private, 403, private_unsupported",
  })
  void refusesABadFieldAndAppendsNothing(String form, int status, String code) {
    var problem = hub.refused(Requests.form(form));
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.status()).isEqualTo(status);
    assertThat(hub.journal.latest()).isZero();
  }

  @Test
  void refusesTopicsThatOthersAppendTo() throws Exception {
    var config = MercureConfig.defaults().withReadOnlyPrefixes(List.of("resp_"));
    try (var shared = new HubFixture(config)) {
      var problem = shared.refused(Requests.form("topic=a&topic=resp_1&data=1"));
      assertThat(problem.status()).isEqualTo(403);
      assertThat(problem.code()).isEqualTo("read_only_topic");
      assertThat(shared.subscribe(Requests.get("topic=resp_1")).after()).isZero();
    }
  }

  @Test
  void refusesAnIdInTheFormOfItsOwn() {
    var id = hub.journal.epoch() + "-7";
    assertThat(hub.refused(Requests.form("topic=a&id=" + id)).code()).isEqualTo("invalid_id");
  }

  @Test
  void refusesWhatIsTooLarge() {
    var topics = IntStream.range(0, 101).mapToObj(i -> "topic=" + i);
    var many = hub.refused(Requests.form(topics.collect(Collectors.joining("&"))));
    assertThat(many.status()).isEqualTo(413);
    assertThat(many.code()).isEqualTo("too_many_topics");
    var data = hub.refused(Requests.form("topic=a&data=" + "你".repeat(334)));
    assertThat(data.status()).isEqualTo(413);
    assertThat(data.code()).isEqualTo("event_too_large");
    var name = hub.refused(Requests.form("topic=" + "x".repeat(4097)));
    assertThat(name.code()).isEqualTo("invalid_topic");
  }

  @Test
  void refusesAFrameThatThousandsOfLineEndsMakeTooLarge() {
    try (var wide = new HubFixture()) {
      var lines = URLEncoder.encode("\n".repeat(900_000), StandardCharsets.UTF_8);
      var problem = wide.refused(Requests.form("topic=a&data=" + lines));
      assertThat(problem.status()).isEqualTo(413);
      assertThat(problem.code()).isEqualTo("event_too_large");
    }
  }

  @Test
  void tellsAPublisherToComeBackWhileTheQueueIsFull() {
    var small =
        JournalConfig.defaults()
            .withMemoryBytesMax(4 << 20)
            .withFrameBytesMax(1024)
            .withQueuedBytesMax(1024); // room for two
    var release = new CountDownLatch(1);
    try (var journal = new MemoryJournal(small)) {
      journal.onAppend(_ -> awaitUninterruptibly(release));
      var routes = new Routes();
      new MercureHub(journal, MercureConfig.defaults(), new MemoryBudget(64 << 20))
          .addRoutes(routes);
      journal.submit(Append.to("a", Event.of("1")));
      journal.submit(Append.to("a", Event.of("2")));
      var handler = routes.match("POST", MercureHub.PATH).handler();
      var problem =
          catchThrowableOfType(
              ProblemException.class, () -> handler.handle(Requests.form("topic=a&data=3")));
      release.countDown();
      assertThat(problem.status()).isEqualTo(429);
      assertThat(problem.headers()).containsEntry("Retry-After", "1");
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void takesOtherCaseAndACharsetInTheContentType() throws Exception {
    var request = Requests.form("topic=a&data=1");
    hub.handle(request.with("Content-Type", "Application/X-WWW-Form-URLEncoded; charset=UTF-8"));
    assertThat(hub.events("a")).hasSize(1);
  }

  @Test
  void refusesOtherContentTypes() {
    var problem = hub.refused(Requests.form("{}").with("Content-Type", "application/json"));
    assertThat(problem.status()).isEqualTo(415);
  }
}
