// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.util.List;

/**
 * Limits of a journal. Immutable.
 *
 * @param memoryBytesMax direct memory for frames; when it is used up, the oldest segments are
 *     trimmed, those of closed topics first, and readers who still wanted them get a gap
 * @param queuedBytesMax bytes of appends waiting for the appender; beyond it publishers wait, or
 *     are told to come back
 * @param frameBytesMax one event on the wire; larger is refused
 * @param topicsMax topics at one time; an append to one more is refused
 * @param retention what holds for a topic that no rule names
 * @param rules retention by topic; the first that fits holds
 */
public record JournalConfig(
    long memoryBytesMax,
    long queuedBytesMax,
    int frameBytesMax,
    int topicsMax,
    Retention retention,
    List<Rule> rules) {

  /** Refuses limits too small to work with. */
  public JournalConfig {
    rules = List.copyOf(rules);
    if (memoryBytesMax < 4L << 20 || queuedBytesMax < frameBytesMax || frameBytesMax < 1024) {
      throw new IllegalArgumentException(
          "journal: memory %d, queue %d, frame %d bytes (expected: >= 4 MiB, >= a frame, >= 1 KiB)"
              .formatted(memoryBytesMax, queuedBytesMax, frameBytesMax));
    }
  }

  /** 512 MiB of frames, 64 MiB queued, 4 MiB a frame, 1,000,000 topics. */
  public static JournalConfig defaults() {
    return new JournalConfig(
        512L << 20, 64L << 20, 4 << 20, 1_000_000, Retention.defaults(), List.of());
  }

  /** {@return the same with other memory for frames} */
  public JournalConfig withMemoryBytesMax(long bytes) {
    return new JournalConfig(bytes, queuedBytesMax, frameBytesMax, topicsMax, retention, rules);
  }

  /** {@return the same with another queue} */
  public JournalConfig withQueuedBytesMax(long bytes) {
    return new JournalConfig(memoryBytesMax, bytes, frameBytesMax, topicsMax, retention, rules);
  }

  /** {@return the same with another frame limit} */
  public JournalConfig withFrameBytesMax(int bytes) {
    return new JournalConfig(memoryBytesMax, queuedBytesMax, bytes, topicsMax, retention, rules);
  }

  /** {@return the same with another limit of topics} */
  public JournalConfig withTopicsMax(int topics) {
    return new JournalConfig(
        memoryBytesMax, queuedBytesMax, frameBytesMax, topics, retention, rules);
  }

  /** {@return the same with another general retention} */
  public JournalConfig withRetention(Retention newRetention) {
    return new JournalConfig(
        memoryBytesMax, queuedBytesMax, frameBytesMax, topicsMax, newRetention, rules);
  }

  /** {@return the same with other rules} */
  public JournalConfig withRules(List<Rule> newRules) {
    return new JournalConfig(
        memoryBytesMax, queuedBytesMax, frameBytesMax, topicsMax, retention, newRules);
  }

  /** {@return what holds for a topic} */
  public Retention retentionOf(String topic) {
    for (var rule : rules) {
      if (rule.fits(topic)) {
        return rule.retention;
      }
    }
    return retention;
  }

  /**
   * Retention for the topics a pattern names. Immutable.
   *
   * @param pattern a topic name in which each {@code *} stands for any text
   * @param retention what holds for them
   */
  public record Rule(String pattern, Retention retention) {
    boolean fits(String topic) {
      // Greedy match with one point to go back to: linear for one star, quadratic at worst.
      int star = -1;
      int back = 0;
      int at = 0;
      int p = 0;
      while (at < topic.length()) {
        if (p < pattern.length() && pattern.charAt(p) == '*') {
          star = p++;
          back = at;
        } else if (p < pattern.length() && pattern.charAt(p) == topic.charAt(at)) {
          p++;
          at++;
        } else if (star >= 0) {
          p = star + 1;
          at = ++back;
        } else {
          return false;
        }
      }
      while (p < pattern.length() && pattern.charAt(p) == '*') {
        p++;
      }
      return p == pattern.length();
    }
  }
}
