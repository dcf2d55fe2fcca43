// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Append;
import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.Journal.Recorded;
import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.journal.TopicClosedException;
import dev.teleprinter.journal.TopicState;
import dev.teleprinter.sse.Event;
import java.lang.System.Logger.Level;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers that were running when the server was killed: their topics are in the journal, open, and
 * nobody writes to them any more. At a start each is told to have failed, and ends. Stateless.
 */
final class InterruptedAnswers {
  private static final System.Logger LOG = System.getLogger("dev.teleprinter.openai");
  private static final String TYPE = "server_error";
  private static final String CODE = "interrupted";
  private static final String MESSAGE =
      "The server was interrupted before the answer was complete.";

  private static final int COPIES = 8; // of a topic's bytes: read, parsed, gathered, written

  private InterruptedAnswers() {}

  /**
   * Ends all that are in the journal now, on a thread of its own. Before any new answer begins, so
   * that none of them is among these.
   */
  static void end(Journal journal, MemoryBudget memory) {
    var topics =
        journal.openTopics().stream()
            .filter(name -> Dialect.CHAT.isWellFormed(name) || Dialect.RESPONSES.isWellFormed(name))
            .toList();
    if (!topics.isEmpty()) {
      Thread.ofVirtual().name("tp-interrupted").start(() -> end(journal, memory, topics));
    }
  }

  private static void end(Journal journal, MemoryBudget memory, List<String> topics) {
    LOG.log(
        Level.WARNING, "answers that were interrupted and are ended as failed: {0}", topics.size());
    for (var topic : topics) {
      try {
        end(journal, memory, topic);
      } catch (TopicClosedException e) {
        LOG.log(Level.DEBUG, "ended already", e);
      } catch (JournalUnavailableException e) {
        LOG.log(Level.ERROR, "an interrupted answer cannot be ended: {0}", e.getMessage());
      } catch (RuntimeException e) { // the others must end all the same
        LOG.log(Level.ERROR, "an interrupted answer cannot be ended", e);
      }
    }
  }

  private static void end(Journal journal, MemoryBudget memory, String topic) {
    if (Dialect.CHAT.isWellFormed(topic)) {
      var error = Json.object();
      error.set("error", error());
      append(journal, topic, Event.of("error", Json.write(error)), true);
    } else {
      endResponse(journal, memory, topic);
    }
  }

  private static ObjectNode error() {
    var error = Json.object().put("message", MESSAGE).put("type", TYPE);
    return error.putNull("param").put("code", CODE);
  }

  /** As {@link ResponsesLog#fail} ends one, unless all but the very last word was said already. */
  private static void endResponse(Journal journal, MemoryBudget memory, String topic) {
    try (var reserved = memory.open(Holder.ANSWERS)) {
      long bytes = journal.state(topic).map(TopicState::bytes).orElse(0L);
      boolean fits = reserved.tryGrow(bytes * COPIES);
      endResponse(journal, topic, fits ? journal.list(topic, 0, Integer.MAX_VALUE) : List.of());
    }
  }

  /** Without its output where there is no memory to read that back. */
  private static void endResponse(Journal journal, String topic, List<Recorded> events) {
    boolean whole =
        events.stream()
            .anyMatch(recorded -> ResponseAccumulator.isTerminal(recorded.event().type()));
    if (!whole) {
      var began = Json.object().put("id", topic).put("object", "response");
      var response = ResponseAccumulator.of(events, began.put("status", "in_progress"));
      long next = journal.state(topic).orElseThrow().appended();
      var flat = Json.object().put("type", "error").put("sequence_number", next);
      flat.put("code", CODE).put("message", MESSAGE).putNull("param");
      flat.set("error", error());
      append(journal, topic, Event.of("error", Json.write(flat)), false);
      append(journal, topic, Event.of("response.failed", failed(response, next + 1)), false);
    }
    append(journal, topic, Event.of(HttpEvents.DONE), true);
  }

  private static String failed(ObjectNode response, long number) {
    ResponsesLog.markIncomplete(response);
    response.put("status", "failed");
    response.putObject("error").put("code", TYPE).put("message", MESSAGE);
    var event = Json.object().put("type", "response.failed").put("sequence_number", number);
    event.set("response", response);
    return Json.write(event);
  }

  private static void append(Journal journal, String topic, Event event, boolean last) {
    var append = Append.to(topic, event).orElseUnstored();
    journal.append(last ? append.andClose() : append);
  }
}
