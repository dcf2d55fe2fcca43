// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request.Parameter;
import dev.teleprinter.sse.Event;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a form asks to publish (Mercure 5). Immutable.
 *
 * @param topics 1 or more, each once; the first is the canonical one
 * @param event what to append; null when the topics are only to be closed
 * @param closing whether the topics end with it
 */
record Publication(List<String> topics, @Nullable Event event, boolean closing) {
  private static final Set<String> SINGLE =
      Set.of("data", "id", "type", "retry", "close", "private");

  /**
   * Reads a form's fields and the query's topics, which are united.
   *
   * @throws ProblemException 400, 403 or 413 with what is wrong
   */
  static Publication of(
      List<Parameter> query, List<Parameter> form, MercureConfig config, Names names) {
    var topics = new LinkedHashSet<String>();
    var fields = new LinkedHashMap<String, String>();
    for (var parameter : form) {
      if (parameter.name().equals("topic")) {
        topics.add(names.published(parameter.value()));
      } else if (SINGLE.contains(parameter.name())
          && fields.put(parameter.name(), parameter.value()) != null) {
        throw refused(
            "repeated_field", parameter.name() + ": more than once (expected: at most once)");
      }
    }
    topics.addAll(topics(query, names));
    requireTopics(topics, config);
    if (fields.containsKey("private")) {
      throw new ProblemException(
          403,
          "private_unsupported",
          "private: present (expected: absent, while no tokens say who may read it)");
    }
    boolean closing = isYes("close", fields.get("close"));
    var data = fields.get("data");
    var event = data == null && closing ? null : event(data, fields, config, names);
    return new Publication(List.copyOf(topics), event, closing);
  }

  /** {@return the topics that a query names, each once} */
  static Set<String> topics(List<Parameter> query, Names names) {
    var topics = new LinkedHashSet<String>();
    for (var parameter : query) {
      if (parameter.name().equals("topic")) {
        topics.add(names.published(parameter.value()));
      }
    }
    return topics;
  }

  static void requireTopics(Set<String> topics, MercureConfig config) {
    if (topics.isEmpty()) {
      throw refused("topic_missing", "topic: none (expected: 1 or more)");
    }
    if (topics.size() > config.topicsMax()) {
      throw new ProblemException(
          413,
          "too_many_topics",
          "topics: %d (expected: <= %d)".formatted(topics.size(), config.topicsMax()));
    }
  }

  /** Whether a flag is set: {@code close=0} is not taken for yes, as mere presence would be. */
  static boolean isYes(String name, @Nullable String value) {
    return switch (value) {
      case null -> false;
      case "0", "false", "off", "no" -> false;
      case "", "1", "true", "on", "yes" -> true;
      default -> throw refused("invalid_" + name, name + ": " + value + " (expected: 1 or 0)");
    };
  }

  private static Event event(
      @Nullable String data, Map<String, String> fields, MercureConfig config, Names names) {
    var text = data == null ? "" : data;
    if (text.length() > config.eventBytesMax() / 3) { // else it cannot have more bytes
      int bytes = text.getBytes(UTF_8).length;
      if (bytes > config.eventBytesMax()) {
        throw new ProblemException(
            413,
            "event_too_large",
            "data: %d bytes (expected: <= %d)".formatted(bytes, config.eventBytesMax()));
      }
    }
    var id = fields.getOrDefault("id", "");
    var type = fields.getOrDefault("type", "");
    var retry = fields.getOrDefault("retry", "");
    return new Event(
        id.isEmpty() ? null : names.id(id),
        type.isEmpty() ? Event.MESSAGE : names.type(type),
        text,
        retry.isEmpty() ? null : milliseconds(retry));
  }

  private static long milliseconds(String retry) {
    boolean digits = retry.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits || retry.length() > 18) {
      throw refused(
          "invalid_retry", "retry: " + retry + " (expected: milliseconds in ASCII digits)");
    }
    return Long.parseLong(retry);
  }

  private static ProblemException refused(String code, String detail) {
    return new ProblemException(400, code, detail);
  }
}
