// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.sse;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One server-sent event before encoding or after decoding (WHATWG HTML 9.2.6). Immutable.
 *
 * @param id what a reader sends back as {@code Last-Event-ID}; null when the event does not set
 *     one, empty when it resets it
 * @param type the event's name, {@code message} when the stream names none; never empty
 * @param data any text; an event stream reads every line end in it back as LF
 * @param retry the reconnection time in milliseconds it asks for, or null
 */
public record Event(@Nullable String id, String type, String data, @Nullable Long retry) {
  /** The type of an event that names none. */
  public static final String MESSAGE = "message";

  /**
   * Refuses what an event stream cannot carry.
   *
   * @throws IllegalArgumentException if id or type has CR, LF or NUL, type is empty, or retry is
   *     negative
   */
  public Event {
    if (id != null) {
      requireOneLine("id", id);
    }
    requireOneLine("type", type);
    if (type.isEmpty()) {
      throw new IllegalArgumentException("type: empty (expected: a name, or message)");
    }
    Objects.requireNonNull(data, "data");
    if (retry != null && retry < 0) {
      throw new IllegalArgumentException("retry: " + retry + " (expected: >= 0 milliseconds)");
    }
  }

  /** {@return an event of type {@code message} without an id} */
  public static Event of(String data) {
    return new Event(null, MESSAGE, data, null);
  }

  /** {@return an event of the given type without an id} */
  public static Event of(String type, String data) {
    return new Event(null, type, data, null);
  }

  /** {@return this event with another id, or none} */
  public Event withId(@Nullable String newId) {
    return new Event(newId, type, data, retry);
  }

  /** {@return this event with another reconnection time in milliseconds, or none} */
  public Event withRetry(@Nullable Long newRetry) {
    return new Event(id, type, data, newRetry);
  }

  /** Refuses a field value that would end its line, or that readers drop (NUL in an id). */
  static void requireOneLine(String name, String value) {
    Objects.requireNonNull(value, name);
    int length = value.length();
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c <= '\r' && (c == '\r' || c == '\n' || c == 0)) {
        throw new IllegalArgumentException(
            String.format("%s: has U+%04X at %d (expected: no CR, LF or NUL)", name, (int) c, i));
      }
    }
  }
}
