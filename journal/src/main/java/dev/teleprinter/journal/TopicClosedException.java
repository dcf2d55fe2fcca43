// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/** An append came after its topic was closed. Nothing was appended. */
public final class TopicClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** For the topic that is closed. */
  public TopicClosedException(String topic) {
    super("topic: " + topic + " is closed (expected: an open topic)");
  }
}
