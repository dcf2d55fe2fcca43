// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.Topics;
import dev.teleprinter.server.ProblemException;
import dev.teleprinter.server.Request;
import java.util.ArrayList;
import java.util.Locale;

/**
 * What a request subscribes to: {@code match} and {@code match_exact} of the 1.0 dialect, {@code
 * topic} of the 0.x one (Mercure 4). Immutable.
 */
final class Matchers {
  private final MercureConfig config;
  private final Names names;

  Matchers(MercureConfig config, Names names) {
    this.config = config;
    this.names = names;
  }

  /**
   * The topics a request names.
   *
   * @throws ProblemException 400: no matcher, too many, an unknown type, or a bad value
   */
  Topics.Named topics(Request request) {
    var topics = new ArrayList<String>();
    for (var parameter : request.query()) {
      var name = parameter.name();
      switch (name) {
        case "match", "match_exact" -> topics.add(exact(name, parameter.value()));
        case "topic" -> topics.add(exactSelector(parameter.value()));
        default -> {
          if (name.toLowerCase(Locale.ROOT).startsWith("match")) {
            throw refused(
                "unsupported_matcher", name + ": unknown (expected: match, match_exact or topic)");
          }
        }
      }
      if (topics.size() > config.topicsMax()) {
        throw refused(
            "too_many_topics", "topics: more (expected: <= " + config.topicsMax() + " in one)");
      }
    }
    if (topics.isEmpty()) {
      throw refused("topic_missing", "topic: none (expected: ?topic=… or ?match=…)");
    }
    return Topics.of(topics);
  }

  private String exact(String parameter, String topic) {
    if (topic.equals("*")) {
      throw patternsUnsupported(parameter, topic);
    }
    return names.matched(parameter, topic);
  }

  /** In the 0.x dialect a value with braces is a URI template. */
  private String exactSelector(String topic) {
    if (topic.indexOf('{') >= 0) {
      throw patternsUnsupported("topic", topic);
    }
    return exact("topic", topic);
  }

  private static ProblemException patternsUnsupported(String parameter, String pattern) {
    return refused(
        "patterns_unsupported",
        parameter + ": " + pattern + " (expected: an exact topic, this hub has no patterns yet)");
  }

  private static ProblemException refused(String code, String detail) {
    return new ProblemException(400, code, detail);
  }
}
