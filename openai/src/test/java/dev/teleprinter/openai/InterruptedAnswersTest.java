// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.JournalConfig;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryJournal;
import dev.teleprinter.sse.Event;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that are open in the journal when the server starts. */
@Timeout(10)
class InterruptedAnswersTest {
  private static final String CHAT = "chatcmpl-interrupted1";
  private static final String RESPONSE = "resp_interrupted1";

  private final Journal journal = new MemoryJournal(JournalConfig.defaults());

  @AfterEach
  void close() {
    journal.close();
  }

  private void append(String topic, String type, String data) {
    journal.append(Append.to(topic, Event.of(type, data)));
  }

  private List<Event> endOf(String topic) throws InterruptedException {
    var closed = new CountDownLatch(1);
    journal.onAppend(topics -> {
      if (topics.contains(topic) && !journal.openTopics().contains(topic)) {
        closed.countDown();
      }
    });
    InterruptedAnswers.end(journal, new MemoryBudget(64L << 20));
    closed.await();
    return journal.list(topic, 0, 100).stream().map(Journal.Recorded::event).toList();
  }

  private void appendBegunResponse() {
    append(
        RESPONSE,
        "response.created",
        "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\""
            + RESPONSE
            + "\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}");
  }

  @Test
  void endAChatWithAnErrorAndNoDone() throws Exception {
    append(CHAT, Event.MESSAGE, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}");
    var events = endOf(CHAT);
    assertThat(events).hasSize(2);
    assertThat(events.get(1).type()).isEqualTo("error");
    assertThat(Json.parse(events.get(1).data()).at("/error/type").asString())
        .isEqualTo("server_error");
    assertThat(Json.parse(events.get(1).data()).at("/error/code").asString())
        .isEqualTo("interrupted");
  }

  @Test
  void endAResponseAsFailed() throws Exception {
    appendBegunResponse();
    var events = endOf(RESPONSE);
    assertThat(events)
        .extracting(Event::type)
        .containsExactly("response.created", "error", "response.failed", Event.MESSAGE);
    assertThat(Json.parse(events.get(1).data()).path("sequence_number").asInt()).isEqualTo(1);
    var failed = Json.parse(events.get(2).data());
    assertThat(failed.path("sequence_number").asInt()).isEqualTo(2);
    assertThat(failed.at("/response/status").asString()).isEqualTo("failed");
    assertThat(failed.at("/response/id").asString()).isEqualTo(RESPONSE);
    assertThat(events.get(3).data()).isEqualTo("[DONE]");
  }

  @Test
  void endAWholeResponseAsWhatItIs() throws Exception {
    appendBegunResponse();
    append(
        RESPONSE,
        "response.completed",
        "{\"type\":\"response.completed\",\"sequence_number\":1,\"response\":{\"id\":\"r\"}}");
    assertThat(endOf(RESPONSE))
        .extracting(Event::type)
        .containsExactly("response.created", "response.completed", Event.MESSAGE);
  }

  @Test
  void leaveOtherTopicsAlone() throws Exception {
    append("news", Event.MESSAGE, "x");
    append("resp_no", Event.MESSAGE, "x"); // too short to be an answer's
    append(CHAT, Event.MESSAGE, "x");
    endOf(CHAT);
    assertThat(journal.openTopics()).containsExactlyInAnyOrder("news", "resp_no");
  }
}
