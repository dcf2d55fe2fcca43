// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * What one file has of one topic: events with one ordinal after the other, and how it went on with
 * the topic. A topic that was forgotten and began anew, or that misses events, has several in a
 * file. Immutable.
 *
 * @param topic its name
 * @param firstOrdinal the first event's place in the topic
 * @param count how many events
 * @param firstSequence of the first event; without events, when it was closed or forgotten
 * @param lastSequence of the last event; likewise
 * @param bytes the events' frames, chunk framing included
 * @param firstSeconds when the first event was appended, seconds since 1970
 * @param closedMillis when the topic was closed in this file, 0 if it was not
 * @param forgottenThrough the last sequence gone with the topic when it was forgotten at the end of
 *     the stretch, 0 if it was not
 */
record Stretch(
    String topic,
    long firstOrdinal,
    int count,
    long firstSequence,
    long lastSequence,
    long bytes,
    int firstSeconds,
    long closedMillis,
    long forgottenThrough) {}
