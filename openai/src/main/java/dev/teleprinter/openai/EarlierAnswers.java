// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import dev.teleprinter.journal.Journal;
import dev.teleprinter.journal.MemoryBudget;
import dev.teleprinter.journal.MemoryBudget.Holder;
import dev.teleprinter.server.JsonSize;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What later requests need of earlier answers to go on from them by {@code previous_response_id}:
 * who gave them and, where the upstream remembers nothing, what was said. In memory, bounded; the
 * oldest are forgotten first, and all that is needed when there is no memory. What an upstream
 * calls an answer is in the journal too, and is found there after that. Thread-safe.
 */
final class EarlierAnswers {
  /** In a stored Response: who gave it, and what that upstream calls it. */
  private static final String ORIGIN = "teleprinter_origin";

  private static final int COST_OF_ONE = 256;
  private static final int PART_OF_BUDGET = 4; // the rest is for answers that run

  /**
   * One stored answer. Immutable.
   *
   * @param upstream who gave it
   * @param upstreamId what that upstream calls it; null when it has no memory of answers
   * @param messages the chat so far, the answer included; null when the upstream remembers it
   */
  record Earlier(String upstream, @Nullable String upstreamId, @Nullable ArrayNode messages) {}

  private record Kept(String id, Earlier answer, long chars, long bytes) {}

  private final long charsMax;
  private final long bytesMax;
  private final MemoryBudget budget;
  private final Journal journal;

  // Guarded by this.
  private final Map<String, Kept> byId = new HashMap<>();
  private final Queue<Kept> oldestFirst = new ArrayDeque<>();
  private long chars;
  private long bytes;

  EarlierAnswers(long charsMax, MemoryBudget budget, Journal journal) {
    this.charsMax = charsMax;
    this.bytesMax = budget.bytesMax() / PART_OF_BUDGET;
    this.budget = budget;
    this.journal = journal;
  }

  /** Writes into a Response where it came from, for who asks after it was forgotten. */
  static void putOrigin(ObjectNode response, String upstream, String upstreamId) {
    response.putObject(ORIGIN).put("upstream", upstream).put("id", upstreamId);
  }

  @Nullable Earlier find(String id) {
    synchronized (this) {
      var kept = byId.get(id);
      if (kept != null) {
        return kept.answer;
      }
    }
    return Dialect.RESPONSES.isWellFormed(id) ? inJournal(id) : null;
  }

  /** The first event has it: {@code response.created}, unless that is no longer kept. */
  private @Nullable Earlier inJournal(String id) {
    for (var first : journal.list(id, 0, 1)) {
      var data = first.event().data();
      var event = Json.isSmall(data) ? Json.tryObject(data) : null;
      if (event != null && event.path("response").get(ORIGIN) instanceof ObjectNode origin) {
        return new Earlier(Json.text(origin, "upstream", ""), Json.text(origin, "id"), null);
      }
    }
    return null;
  }

  /** Keeps an answer, unless it alone is beyond the limit or there is no memory for it. */
  void keep(String id, Earlier answer) {
    var messages = answer.messages();
    var text = messages == null ? new byte[0] : Json.bytes(messages);
    var kept = new Kept(id, answer, COST_OF_ONE + text.length, COST_OF_ONE + JsonSize.ofTree(text));
    synchronized (this) {
      forget(id);
      if (kept.chars > charsMax || kept.bytes > bytesMax || !tryReserve(kept.bytes)) {
        return;
      }
      byId.put(id, kept);
      oldestFirst.add(kept);
      chars += kept.chars;
      bytes += kept.bytes;
      while (chars > charsMax || bytes > bytesMax) {
        forgetOldest();
      }
    }
  }

  private boolean tryReserve(long more) {
    while (!budget.tryReserve(Holder.ANSWERS, more)) {
      if (oldestFirst.isEmpty()) {
        return false;
      }
      forgetOldest();
    }
    return true;
  }

  private void forgetOldest() {
    var oldest = oldestFirst.remove();
    byId.remove(oldest.id, oldest);
    release(oldest);
  }

  private void release(Kept gone) {
    chars -= gone.chars;
    bytes -= gone.bytes;
    budget.release(Holder.ANSWERS, gone.bytes);
  }

  synchronized void forget(String id) {
    var kept = byId.remove(id);
    if (kept != null) {
      oldestFirst.remove(kept);
      release(kept);
    }
  }

  /** Forgets all, and gives back its memory. */
  synchronized void close() {
    while (!oldestFirst.isEmpty()) {
      forgetOldest();
    }
  }
}
