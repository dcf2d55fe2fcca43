// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * How a disk journal stands at one moment. Immutable.
 *
 * @param files how many there are, and how many {@code bytes} they have together
 * @param writeFailures batches of events that could not be stored, since the start
 * @param forces how long forcing took, since the start
 */
public record DiskState(int files, long bytes, long writeFailures, Delays.Counts forces) {}
