// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static dev.teleprinter.openai.ScriptedUpstream.script;
import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.openai.ScriptedUpstream.Script;
import dev.teleprinter.server.FakeRequest;
import dev.teleprinter.sse.Event;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of an answer whose readers leave: stop is not disconnect. */
@Timeout(30)
class DisconnectProtocolTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private static String chunk(String finish) {
    return "{\"id\":\"chatcmpl-12345678\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"},"
        + "\"finish_reason\":"
        + finish
        + "}]}";
  }

  private static TestApi api(ScriptedUpstream upstream, Script script) {
    return TestApi.over(upstream.on(PATH, script));
  }

  private static String begin(TestApi api, String policy) throws Exception {
    return TestApi.topic(
        api.call(
            new FakeRequest("POST", PATH).body(ASK).with("Teleprinter-On-Disconnect", policy)));
  }

  private static void assertCancelled(List<Event> events) {
    assertThat(TestApi.json(events.getLast()).at("/error/code").stringValue())
        .isEqualTo("cancelled");
  }

  @Test
  void graceEndsWhenNobodyComesBack() throws Exception {
    var script = script().stream().data(chunk("null")).stall();
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script)) {
      var id = begin(api, "grace=30s");
      api.readers.set(id, 1);
      api.scheduler.advance(Duration.ofSeconds(60));
      assertThat(api.api.runningAnswers()).isEqualTo(1);
      api.readers.set(id, 0);
      api.scheduler.advance(Duration.ofSeconds(29));
      api.readers.set(id, 1);
      api.readers.set(id, 0);
      api.scheduler.advance(Duration.ofSeconds(29));
      assertThat(api.api.runningAnswers()).isEqualTo(1);
      api.scheduler.advance(Duration.ofSeconds(1));
      assertThat(script.awaitGone()).isTrue();
      assertCancelled(api.events(id));
      api.awaitIdle();
      assertThat(api.readers.isWatched(id)).isFalse();
    }
  }

  @Test
  void graceAlsoHoldsForAReaderThatNeverCame() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script().stream().data(chunk("null")).stall())) {
      var id = TestApi.topic(api.post(PATH, ASK)); // 30 s by default
      api.scheduler.advance(Duration.ofSeconds(30));
      assertCancelled(api.events(id));
    }
  }

  @Test
  void aReaderWhoCameBeforeTheWatchCounts() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script().stream().data(chunk("null")).stall())) {
      api.readers.setOthers(1);
      TestApi.topic(api.post(PATH, ASK));
      api.scheduler.advance(Duration.ofSeconds(60));
      assertThat(api.api.runningAnswers()).isEqualTo(1);
    }
  }

  @Test
  void cancelMeansAtOnce() throws Exception {
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script().stream().data(chunk("null")).stall())) {
      var id = begin(api, "cancel");
      api.readers.set(id, 1);
      api.readers.set(id, 0);
      assertCancelled(api.events(id));
    }
  }

  @Test
  void continueGoesOnToTheEnd() throws Exception {
    var go = new CountDownLatch(1);
    try (var upstream = new ScriptedUpstream();
        var api =
            api(
                upstream,
                script().stream()
                    .data(chunk("null"))
                    .await(go)
                    .data(chunk("\"stop\""))
                    .done()
                    .end())) {
      var id = begin(api, "continue");
      api.readers.set(id, 1);
      api.readers.set(id, 0);
      api.scheduler.advance(Duration.ofSeconds(100));
      go.countDown();
      assertThat(api.events(id).getLast().data()).isEqualTo("[DONE]");
    }
  }

  @Test
  void aClientThatLeavesBeforeTheAnswerBeganCancelsIt() throws Exception {
    var asked = new CountDownLatch(1);
    var script = script().reach(asked).stall();
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script)) {
      var http = new FakeRequest("POST", PATH).body(ASK);
      var posted = new FutureTask<>(() -> api.call(http));
      Thread.ofVirtual().start(posted);
      asked.await();
      http.leave();
      assertThat(script.awaitGone()).isTrue();
      posted.get();
      api.awaitIdle();
      assertThat(api.journal.states()).isEmpty();
    }
  }

  @Test
  void aServerThatStopsSaysSoInItsAnswers() throws Exception {
    try (var upstream = new ScriptedUpstream()) {
      var script = script().stream().data(chunk("null")).stall();
      try (var api = api(upstream, script)) {
        var id = TestApi.topic(api.post(PATH, ASK));
        api.api.close();
        var last = TestApi.json(api.events(id).getLast());
        assertThat(last.at("/error/code").stringValue()).isEqualTo("server_stopping");
        assertThat(script.awaitGone()).isTrue();
        assertThat(TestApi.status(api.post(PATH, ASK))).isEqualTo(503);
      }
    }
  }

  @Test
  void aTopicClosedByTheHubEndsTheUpstreamToo() throws Exception {
    var go = new CountDownLatch(1);
    var script = script().stream().data(chunk("null")).await(go);
    for (int i = 0; i < 2000; i++) {
      script.data(chunk("null"));
    }
    try (var upstream = new ScriptedUpstream();
        var api = api(upstream, script.stall())) {
      var id = begin(api, "continue");
      api.journal.close(id);
      go.countDown();
      assertThat(script.awaitGone()).isTrue();
      api.awaitIdle();
    }
  }
}
