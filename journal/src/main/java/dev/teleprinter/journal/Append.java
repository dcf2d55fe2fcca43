// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import dev.teleprinter.sse.Event;
import java.util.List;

/**
 * One event to be appended, to one or more topics under one sequence. Immutable.
 *
 * <p>An event without an id, or with an empty one, gets {@code <epoch>-<sequence>} in the chosen
 * form. An event with an id that its first topic already holds is not appended again, though that
 * topic be closed by now: {@link Appended#duplicate()}.
 *
 * @param topics 1 or more; the first is the canonical one
 * @param event what to append
 * @param closing whether the topics are closed right after it
 * @param idForm how a journal's own id is written
 * @param orUnstored whether it is rather kept in memory only than refused, when the disk does not
 *     take it; its topics' events after it are then in memory only, too
 */
public record Append(
    List<String> topics, Event event, boolean closing, IdForm idForm, boolean orUnstored) {
  /** How an id given by the journal is written on the wire. */
  public enum IdForm {
    /** {@code <epoch>-<sequence>}. */
    PLAIN,
    /** {@code #<epoch>-<sequence>}, as Mercure asks of a hub's own ids. */
    FRAGMENT
  }

  /** Refuses no topics, empty topic names and a repeated topic. */
  public Append {
    topics = List.copyOf(topics);
    if (topics.isEmpty() || topics.contains("")) {
      throw new IllegalArgumentException("topics: " + topics + " (expected: 1 or more names)");
    }
    if (topics.size() > 1 && topics.stream().distinct().count() != topics.size()) {
      throw new IllegalArgumentException("topics: " + topics + " (expected: each once)");
    }
  }

  /** An append that is refused when it cannot be stored. */
  public Append(List<String> topics, Event event, boolean closing, IdForm idForm) {
    this(topics, event, closing, idForm, false);
  }

  /** An append to one topic, with a plain id. */
  public static Append to(String topic, Event event) {
    return new Append(List.of(topic), event, false, IdForm.PLAIN);
  }

  /** {@return this append, closing its topics after the event} */
  public Append andClose() {
    return new Append(topics, event, true, idForm, orUnstored);
  }

  /** {@return this append, kept in memory only when the disk does not take it} */
  public Append orElseUnstored() {
    return new Append(topics, event, closing, idForm, true);
  }
}
