// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

/**
 * The memory for the event that an upstream is sending: reserved beforehand for an ordinary one,
 * doubled for a long one. Confined to its events' reader.
 */
final class EventRoom {
  private static final int FIRST_BYTES = 16 << 10; // part of every answer's base
  private static final int COPIES = 8; // its lines gathered, its text, what is made of it

  private final AnswerMemory memory;
  private int room = FIRST_BYTES;
  private int pending; // since the last event

  EventRoom(AnswerMemory memory) {
    this.memory = memory;
  }

  /** Takes bytes of the event, at most half of the first room. Returns false if there is none. */
  boolean tryAdd(int bytes) {
    pending += bytes;
    return pending <= room || tryDouble();
  }

  private boolean tryDouble() {
    boolean fits = memory.tryGrow((long) room * COPIES);
    room = fits ? room * 2 : room;
    return fits;
  }

  /** An event is complete. */
  void onEvent() {
    pending = 0;
  }
}
