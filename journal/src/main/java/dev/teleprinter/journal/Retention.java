// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

import java.time.Duration;

/**
 * How much of a topic is kept. What is beyond a limit is trimmed, oldest first; a cursor before it
 * gets a gap. Immutable.
 *
 * @param eventsMax events kept, 1 or more
 * @param bytesMax their wire bytes; the newest event is always kept
 * @param age how long an event is kept at least; it goes within two seconds more, or about a minute
 *     more when there are a million topics
 * @param afterClose how long a topic that is closed, or of which nothing is kept, stays before it
 *     is forgotten whole, name and all; as exact as the age
 */
public record Retention(long eventsMax, long bytesMax, Duration age, Duration afterClose) {
  /** Refuses limits that keep nothing. */
  public Retention {
    if (eventsMax < 1 || bytesMax < 1 || !age.isPositive() || afterClose.isNegative()) {
      throw new IllegalArgumentException(
          "retention: %d events, %d bytes, %s, %s after close (expected: positive limits)"
              .formatted(eventsMax, bytesMax, age, afterClose));
    }
  }

  /** 100,000 events, 64 MiB, one day; one hour after close. */
  public static Retention defaults() {
    return new Retention(100_000, 64L << 20, Duration.ofDays(1), Duration.ofHours(1));
  }

  /** {@return the same with another number of events} */
  public Retention withEventsMax(long newEventsMax) {
    return new Retention(newEventsMax, bytesMax, age, afterClose);
  }

  /** {@return the same with other bytes} */
  public Retention withBytesMax(long newBytesMax) {
    return new Retention(eventsMax, newBytesMax, age, afterClose);
  }

  /** {@return the same with another age} */
  public Retention withAge(Duration newAge) {
    return new Retention(eventsMax, bytesMax, newAge, afterClose);
  }

  /** {@return the same with another time to live after close} */
  public Retention withAfterClose(Duration newAfterClose) {
    return new Retention(eventsMax, bytesMax, age, newAfterClose);
  }
}
