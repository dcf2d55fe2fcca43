// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.journal;

/**
 * What became of an append. Immutable.
 *
 * @param sequence the event's number in the whole hub
 * @param id what its frame carries as {@code id:}
 * @param duplicate true when the topic already held this publisher's id: nothing was appended, and
 *     sequence is the earlier event's
 * @param stored false when the event is in memory only though it was to be on the disk
 */
public record Appended(long sequence, String id, boolean duplicate, boolean stored) {
  /** One that is kept as it was to be. */
  public Appended(long sequence, String id, boolean duplicate) {
    this(sequence, id, duplicate, true);
  }
}
