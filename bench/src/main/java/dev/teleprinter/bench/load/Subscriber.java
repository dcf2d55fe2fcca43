// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.bench.load;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One reader: its request, its ledger, and what the last read left unfinished. It outlives its
 * connections. Confined to the event loop.
 */
final class Subscriber {
  private static final byte[] NOTHING = {};

  final Subscribers all;
  final Ledger ledger;
  private final Ask ask;
  private byte[] unfinished = NOTHING;
  private int unfinishedBytes;
  private boolean open;
  boolean isAway;
  @Nullable Link link;

  /** What it reads through. */
  interface Link {
    /** Ends it, as a program does that is killed. */
    void drop();

    /** Reads no more, or again. */
    void read(boolean on);
  }

  Subscriber(Subscribers all, Ask ask, Ledger ledger) {
    this.all = all;
    this.ask = ask;
    this.ledger = ledger;
  }

  /** {@return what to send: after a drop it asks for what it missed} */
  Ask ask() {
    var id = ledger.lastEventId();
    return id.isEmpty() ? ask : ask.with("last-event-id", id);
  }

  boolean isOpen() {
    return open;
  }

  /** The head of the response has come, and it is good. */
  void opened() {
    if (!open) {
      open = true;
      all.opened();
    }
  }

  /** Makes room for more bytes behind the unfinished ones in the shared buffer. */
  byte[] room(int count) {
    var bytes = all.scratch(unfinishedBytes + count);
    System.arraycopy(unfinished, 0, bytes, 0, unfinishedBytes);
    return bytes;
  }

  int unfinishedBytes() {
    return unfinishedBytes;
  }

  /** Takes the body's bytes {@code [0, end)} of the shared buffer, the unfinished ones included. */
  void take(byte[] bytes, int end) {
    keep(bytes, all.take(this, bytes, end), end);
  }

  /** Keeps bytes until more come. */
  void keep(byte[] bytes, int from, int end) {
    unfinishedBytes = end - from;
    if (unfinished.length < unfinishedBytes) {
      unfinished = Arrays.copyOfRange(bytes, from, end);
    } else {
      System.arraycopy(bytes, from, unfinished, 0, unfinishedBytes);
    }
  }

  /** Its connection is gone. */
  void left(String how) {
    link = null;
    unfinishedBytes = 0;
    if (open) {
      open = false;
      ledger.onReconnect();
      all.closed();
    }
    all.left(this, how);
  }
}
