// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.sse.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Publication by an event-stream body. */
class PublishStreamTest {
  private final HubFixture hub = new HubFixture(MercureConfig.defaults().withEventBytesMax(1000));

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void appendsEachEventAndAnswersWithTheCountAndTheLastId() throws Exception {
    var body = "retry: 9\ndata: 1\n\n: hello\nid: x\nevent: tick\ndata: 2\ndata:  3\n\n";
    assertThat(post("topic=a&topic=b", body)).isEqualTo("{\"events\":2,\"last_id\":\"x\"}");
    assertThat(hub.events("a")).extracting(Event::data).containsExactly("1", "2\n 3");
    assertThat(hub.events("b").get(1).type()).isEqualTo("tick");
    assertThat(hub.events("b").get(0).retry()).isEqualTo(9);
  }

  @Test
  void appendsAnEventBeforeTheBodyEnds() throws Exception {
    var seen = new int[1];
    var whenAsked =
        new InputStream() {
          @Override
          public int read() {
            seen[0] = hub.events("a").size();
            return -1;
          }
        };
    hub.handle(Requests.events("topic=a", "").body(then("data: 1\n\n", whenAsked)));
    assertThat(seen[0]).isEqualTo(1);
  }

  @Test
  void keepsUpstreamIdsOnlyWhenAPublisherMayUseThem() throws Exception {
    post(
        "topic=a", "id: 7\ndata: a\n\nid: #7\ndata: b\n\nid: earliest\ndata: c\n\nid\ndata: d\n\n");
    assertThat(hub.events("a").get(0).id()).isEqualTo("7");
    assertThat(hub.events("a").subList(1, 4))
        .allSatisfy(event -> assertThat(event.id()).startsWith("#" + hub.journal.epoch()));
  }

  @Test
  void takesTheSameStreamTwiceForOne() throws Exception {
    post("topic=a", "id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    post("topic=a", "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n");
    assertThat(hub.events("a")).extracting(Event::data).containsExactly("a", "b", "c");
  }

  @Test
  void namesTheNumberOfABadEventAndKeepsWhatCameBefore() {
    var bad = Requests.events("topic=a&close=1", "data: 1\n\nevent: mercure\ndata: 2\n\n");
    var problem = hub.refused(bad);
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.code()).isEqualTo("reserved_type");
    assertThat(problem.detail()).startsWith("event 2: ");
    assertThat(hub.events("a")).hasSize(1);
    assertThat(hub.journal.state("a").orElseThrow().closed()).isFalse();
  }

  @Test
  void refusesAnEventBeyondTheLimit() {
    var body = "data: 1\n\ndata: 2\n\ndata: " + "x".repeat(1001) + "\n\n";
    var problem = hub.refused(Requests.events("topic=a", body));
    assertThat(problem.status()).isEqualTo(413);
    assertThat(problem.detail()).startsWith("event 3: ");
    assertThat(hub.events("a")).hasSize(2);
  }

  @Test
  void saysThatAHalfEventWasNotPublished() {
    var problem = hub.refused(Requests.events("topic=a&close=1", "data: 1\n\ndata: 2\n"));
    assertThat(problem.code()).isEqualTo("event_cut");
    assertThat(problem.detail()).startsWith("event 2: ");
    assertThat(hub.events("a")).hasSize(1);
    assertThat(hub.journal.state("a").orElseThrow().closed()).isFalse();
  }

  @Test
  void closesTheTopicAtTheEndOfAWholeBodyOnly() throws Exception {
    var cut =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("the sender left");
          }
        };
    var request = Requests.events("topic=a&close=1", "").body(then("data: 1\n\n", cut));
    assertThatThrownBy(() -> hub.handle(request)).isInstanceOf(IOException.class);
    assertThat(hub.journal.state("a").orElseThrow().closed()).isFalse();
    post("topic=a&close=1", "data: 2\n\n");
    assertThat(hub.journal.state("a").orElseThrow().closed()).isTrue();
    assertThat(hub.refused(Requests.events("topic=a", "data: 3\n\n")).status()).isEqualTo(409);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gap", "busy", "error", "open", "mercure"})
  void refusesATypeThatOnlyTheServerSays(String type) {
    var problem =
        hub.refused(Requests.events("topic=a", "data: 1\n\nevent: " + type + "\ndata: 2\n\n"));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.code()).isEqualTo("reserved_type");
    assertThat(problem.detail()).startsWith("event 2: ");
    assertThat(hub.events("a")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "c0af",
        "c3",
        "e4bd",
        "eda080",
        "f08f8080",
        "f4908080",
        "f5",
        "ff",
        "e28028"
      })
  void refusesBytesThatAreNotUtf8WhereverTheyAreCut(String hex) throws Exception {
    var bad = HexFormat.of().parseHex(hex);
    var good = "data: 佛 1\n\ndata: ".getBytes(StandardCharsets.UTF_8);
    var end = "\n\ndata: 3\n\n".getBytes(StandardCharsets.UTF_8);
    var whole = ByteBuffer.allocate(good.length + bad.length + end.length);
    var body = whole.put(good).put(bad).put(end).array();
    for (int cut = 0; cut <= body.length; cut++) {
      var topic = "cut-" + cut;
      var first = new ByteArrayInputStream(body, 0, cut);
      var second = new ByteArrayInputStream(body, cut, body.length - cut);
      var request =
          Requests.events("topic=" + topic, "").body(new SequenceInputStream(first, second));
      var problem = hub.refused(request);
      assertThat(problem.status()).isEqualTo(400);
      assertThat(problem.code()).isEqualTo("invalid_utf8");
      assertThat(problem.detail()).startsWith("event 2: ");
      assertThat(hub.events(topic)).extracting(Event::data).containsExactly("佛 1");
    }
  }

  @Test
  void refusesABodyThatEndsWithinACharacter() {
    var body = Arrays.copyOf("data: 1\n\n: 佛".getBytes(StandardCharsets.UTF_8), 13);
    var request = Requests.events("topic=a", "").body(new ByteArrayInputStream(body));
    assertThat(hub.refused(request).code()).isEqualTo("invalid_utf8");
    assertThat(hub.events("a")).hasSize(1);
  }

  @Test
  void takesAByteOrderMarkAndEveryLineEndHoweverTheyAreCut() throws Exception {
    var body = "\ufeffdata: 1\r\ndata: 2\r\r: c\r\n\r\ndata: \ufeff🙂\n\n";
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      var first = new ByteArrayInputStream(bytes, 0, cut);
      var second = new ByteArrayInputStream(bytes, cut, bytes.length - cut);
      var topic = "cut-" + cut;
      hub.handle(
          Requests.events("topic=" + topic, "").body(new SequenceInputStream(first, second)));
      assertThat(hub.events(topic)).extracting(Event::data).containsExactly("1\n2", "\ufeff🙂");
    }
  }

  @Test
  void readsCommentsAndBlankLinesWithoutEndInTheSameMemory() throws Exception {
    var most = new long[1];
    var endless =
        new InputStream() {
          private int left = 1 << 12;

          @Override
          public int read() {
            throw new IllegalStateException("read(): not called by a hub");
          }

          @Override
          public int read(byte[] into, int offset, int length) {
            most[0] = Math.max(most[0], hub.memory.reserved());
            var text = left % 2 == 0 ? ": " + "x".repeat(500) + "\n" : "\n".repeat(500);
            System.arraycopy(text.getBytes(StandardCharsets.UTF_8), 0, into, offset, 500);
            return left-- > 0 ? 500 : -1;
          }
        };
    assertThat(HubFixture.text(hub.handle(Requests.events("topic=a", "").body(endless))))
        .startsWith("{\"events\":0,");
    assertThat(most[0]).isLessThan(128 << 10);
    assertThat(hub.memory.reserved()).isZero();
  }

  @Test
  void refusesWhatTheAccountHasNoRoomForAndKeepsWhatCameBefore() throws Exception {
    hub.memory.reserveAlways(Holder.ANSWERS, hub.memory.bytesMax() - (64 << 10));
    post("topic=a", "data: 1\n\n");
    hub.memory.reserveAlways(Holder.ANSWERS, 1);
    var problem = hub.refused(Requests.events("topic=a", "data: 2\n\n"));
    assertThat(problem.status()).isEqualTo(503);
    assertThat(problem.code()).isEqualTo("memory_full");
    assertThat(problem.headers()).containsEntry("Retry-After", "5");
    assertThat(hub.events("a")).hasSize(1);
  }

  @Test
  void needsATopicInTheQuery() {
    assertThat(hub.refused(Requests.events("", "data: 1\n\n")).code()).isEqualTo("topic_missing");
  }

  private String post(String query, String body) throws Exception {
    return HubFixture.text(hub.handle(Requests.events(query, body)));
  }

  private static InputStream then(String text, InputStream next) {
    var first = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return new SequenceInputStream(first, next);
  }
}
