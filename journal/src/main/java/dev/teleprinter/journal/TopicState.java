// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * What is kept of one topic at one moment. Immutable.
 *
 * @param name the topic
 * @param earliest the first sequence kept, 0 when none is
 * @param latest the last sequence appended, 0 when none ever was
 * @param events how many are kept
 * @param bytes their wire size
 * @param appended how many were ever appended: the next event's ordinal
 * @param closed whether it has ended
 * @param stored false when events of it are in memory only though they were to be on the disk
 */
public record TopicState(
    String name,
    long earliest,
    long latest,
    long events,
    long bytes,
    long appended,
    boolean closed,
    boolean stored) {
  /** Of a topic that is kept as it was to be. */
  public TopicState(
      String name,
      long earliest,
      long latest,
      long events,
      long bytes,
      long appended,
      boolean closed) {
    this(name, earliest, latest, events, bytes, appended, closed, true);
  }
}
