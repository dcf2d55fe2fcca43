// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * The counts of all that a journal keeps, at about one moment. Immutable.
 *
 * @param topics topics that exist, closed ones included
 * @param closed topics that have ended
 * @param events events that are kept; an event of several topics counts in each
 * @param bytes their wire size
 */
public record JournalTotals(long topics, long closed, long events, long bytes) {}
