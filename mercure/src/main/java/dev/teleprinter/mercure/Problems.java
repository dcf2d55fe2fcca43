// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.mercure;

import dev.teleprinter.journal.JournalUnavailableException;
import dev.teleprinter.journal.TopicClosedException;
import dev.teleprinter.server.ProblemException;
import org.jspecify.annotations.Nullable;

/** What a publisher is told when the journal refuses an event. Stateless. */
final class Problems {
  private Problems() {}

  /** The problem when the account of memory has no room for what a publisher sends. */
  static ProblemException memoryFull(String which) {
    var full = ProblemException.memoryFull();
    var problem = new ProblemException(full.status(), full.code(), which + full.detail());
    for (var header : full.headers().entrySet()) {
      problem = problem.with(header.getKey(), header.getValue());
    }
    return problem;
  }

  /**
   * The problem for a failed append.
   *
   * @param which begins the sentence, such as {@code "event 3: "}, or is empty
   */
  static ProblemException of(@Nullable Throwable cause, String which, MercureConfig config) {
    return switch (cause) {
      case TopicClosedException e ->
          new ProblemException(409, "topic_closed", which + e.getMessage());
      case JournalUnavailableException e ->
          (switch (e.reason()) {
                case STORAGE_FULL ->
                    new ProblemException(507, "storage_full", which + e.getMessage());
                case STORAGE_FAILED ->
                    new ProblemException(503, "storage_failed", which + e.getMessage());
                case UNAVAILABLE ->
                    new ProblemException(503, "journal_unavailable", which + e.getMessage());
              })
              .with("Retry-After", Long.toString(config.retryAfter().toSeconds()));
      case IllegalArgumentException e -> // the only argument not checked before is the frame's size
          new ProblemException(413, "event_too_large", which + e.getMessage());
      case null, default -> throw new IllegalStateException("append: failed", cause);
    };
  }
}
