// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;

/**
 * What later requests need of earlier answers to go on from them by {@code previous_response_id}:
 * who gave them and, where the upstream remembers nothing, what was said. In memory, bounded; the
 * oldest are forgotten first. Thread-safe.
 */
final class EarlierAnswers {
  private static final int COST_OF_ONE = 256;

  /**
   * One stored answer. Immutable.
   *
   * @param upstream who gave it
   * @param upstreamId what that upstream calls it; null when it has no memory of answers
   * @param messages the chat so far, the answer included; null when the upstream remembers it
   */
  record Earlier(String upstream, @Nullable String upstreamId, @Nullable ArrayNode messages) {}

  private record Kept(String id, Earlier answer, long cost) {}

  private final long charsMax;

  // Guarded by this.
  private final Map<String, Kept> byId = new HashMap<>();
  private final Queue<Kept> oldestFirst = new ArrayDeque<>();
  private long chars;

  EarlierAnswers(long charsMax) {
    this.charsMax = charsMax;
  }

  synchronized @Nullable Earlier find(String id) {
    var kept = byId.get(id);
    return kept == null ? null : kept.answer;
  }

  /** Keeps an answer, unless it alone is beyond the limit. */
  void keep(String id, Earlier answer) {
    var messages = answer.messages();
    long cost = COST_OF_ONE + (messages == null ? 0L : Json.write(messages).length());
    synchronized (this) {
      forget(id);
      if (cost > charsMax) {
        return;
      }
      var kept = new Kept(id, answer, cost);
      byId.put(id, kept);
      oldestFirst.add(kept);
      chars += cost;
      while (chars > charsMax) {
        var oldest = oldestFirst.remove();
        chars -= oldest.cost;
        byId.remove(oldest.id, oldest);
      }
    }
  }

  synchronized void forget(String id) {
    var kept = byId.remove(id);
    if (kept != null) {
      oldestFirst.remove(kept);
      chars -= kept.cost;
    }
  }
}
