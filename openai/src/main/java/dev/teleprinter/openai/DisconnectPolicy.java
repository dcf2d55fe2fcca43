// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** What becomes of a running answer when its last reader has left. Immutable. */
public sealed interface DisconnectPolicy {
  /** It goes on to its end. */
  record Continue() implements DisconnectPolicy {}

  /** It is cancelled unless a reader comes (back) within this time. */
  record Grace(Duration time) implements DisconnectPolicy {
    /** Refuses a time that is not positive or longer than an hour. */
    public Grace {
      if (!time.isPositive() || time.compareTo(Duration.ofHours(1)) > 0) {
        throw new IllegalArgumentException("grace: " + time + " (expected: 1 s to 1 h)");
      }
    }
  }

  /** It is cancelled at once. */
  record Cancel() implements DisconnectPolicy {}

  /**
   * {@return the policy that {@code continue}, {@code cancel} or {@code grace=30s} names, if any}
   */
  static Optional<DisconnectPolicy> parse(String text) {
    return switch (text) {
      case "continue" -> Optional.of(new Continue());
      case "cancel" -> Optional.of(new Cancel());
      default -> grace(text);
    };
  }

  private static Optional<DisconnectPolicy> grace(String text) {
    var match = Pattern.compile("grace=([0-9]{1,4})s").matcher(text);
    if (!match.matches()) {
      return Optional.empty();
    }
    int seconds = Integer.parseInt(match.group(1));
    return seconds < 1 || seconds > 3600
        ? Optional.empty()
        : Optional.of(new Grace(Duration.ofSeconds(seconds)));
  }
}
