// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.List;
import java.util.function.Predicate;

/** Which topics a reader reads. Immutable. */
public sealed interface Topics {
  /** Exactly these names, each once; 1 or more. */
  record Named(List<String> names) implements Topics {
    /** Drops repeated names and refuses none. */
    public Named {
      names = names.stream().distinct().toList();
      if (names.isEmpty()) {
        throw new IllegalArgumentException("topics: none (expected: 1 or more)");
      }
    }
  }

  /** Every topic whose name the predicate accepts; it must be pure and quick. */
  record Matching(Predicate<String> matcher) implements Topics {}

  /** {@return one topic} */
  static Named of(String name) {
    return new Named(List.of(name));
  }

  /** {@return several topics} */
  static Named of(List<String> names) {
    return new Named(names);
  }
}
