// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import dev.teleprinter.journal.MemoryBudget.Reservation;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the event loop to the handler's thread: the loop feeds, the
 * handler reads and blocks. While more than {@link #HELD_MAX} bytes wait, the body {@link #isPaused
 * is paused}: the loop does not read the socket until the handler has caught up.
 *
 * <p>The pause is a state, not a command. Both sides change it, under the lock, in any order; the
 * loop is asked to look at it after each change. So the loop's last look sees the last change.
 *
 * <p>Every byte held is reserved from the request's memory, beyond the first {@link #FREE_BYTES}. A
 * body that finds no memory is refused: the bytes that follow are dropped, and reads throw 503
 * {@code memory_full}.
 *
 * <p>It uses a lock and not a monitor: a thread that waits on a monitor is woken by a further
 * thread.
 */
final class RequestBody extends InputStream {
  /** Bytes of each body that its connection pays for: a small request costs no reservation. */
  static final int FREE_BYTES = 2 << 10;

  private static final int HELD_MAX = 256 << 10;

  private final Flow flow;
  private final Reservation memory;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  // Guarded by lock.
  private final ArrayDeque<byte[]> held = new ArrayDeque<>(0);
  private int heldBytes;
  private int position; // in the first of held
  private long paidBytes; // of those held: reserved
  private int freeBytes = FREE_BYTES; // still to be used
  private boolean ended;
  private boolean cut;
  private boolean refused; // for lack of memory
  private boolean paused;
  private boolean asked;

  /**
   * A body that has not begun.
   *
   * @param memory the request's, which its owner closes
   */
  RequestBody(Flow flow, Reservation memory) {
    this.flow = flow;
    this.memory = memory;
  }

  /** The loop's side. Called from the handler's thread or the loop; must not block. */
  interface Flow {
    /** The handler wants the body: time for {@code 100 Continue}, RFC 9110 10.1.1. */
    void wanted();

    /** The handler takes the body as it comes: a pause in it is no fault. */
    void open();

    /** {@link #isPaused} has changed: the loop should look at it. */
    void pauseChanged();
  }

  /** {@return the body as it arrives} */
  InputStream asStream() {
    flow.open();
    return this;
  }

  /** {@return whether the socket should not be read, as enough waits for the handler} */
  boolean isPaused() {
    lock.lock();
    try {
      return paused;
    } finally {
      lock.unlock();
    }
  }

  // ---- The event loop.

  /** Adds what arrived, or drops it when the body is refused. */
  void feed(ByteBuf content) {
    if (!content.isReadable()) {
      return;
    }
    boolean changed;
    lock.lock();
    try {
      if (!refused) {
        take(content);
      }
      boolean pause = heldBytes > HELD_MAX;
      changed = pause && !paused;
      paused |= pause;
      news.signalAll();
    } finally {
      lock.unlock();
    }
    if (changed) {
      flow.pauseChanged();
    }
  }

  /** The body is complete. */
  void end() {
    lock.lock();
    try {
      ended = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The sender left. */
  void cut() {
    lock.lock();
    try {
      cut = !ended;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- The handler's thread.

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    if (length == 0) {
      return 0;
    }
    maybeAsk();
    boolean changed;
    int count;
    lock.lock();
    try {
      awaitBytes();
      if (held.isEmpty()) {
        return -1;
      }
      var first = held.element();
      count = Math.min(length, first.length - position);
      System.arraycopy(first, position, into, offset, count);
      position += count;
      if (position == first.length) {
        position = 0;
        removeFirst();
        giveBack(first.length);
      }
      changed = maybeGoOn();
    } finally {
      lock.unlock();
    }
    if (changed) {
      flow.pauseChanged();
    }
    return count;
  }

  /**
   * The whole body if it has come to its end, none of it was read, and it is no longer than that.
   */
  byte @Nullable [] tryWhole(int bytesMax) {
    lock.lock();
    try {
      if (!ended || refused || position > 0 || heldBytes > bytesMax) {
        return null;
      }
      var whole = joined(held, heldBytes);
      held.clear();
      heldBytes = 0;
      return whole;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The rest of the body at once. Blocks. A body that came in one piece is that piece. It stays
   * reserved.
   *
   * @param expected how long the sender says it is, negative when it does not
   * @throws ProblemException 413 {@code body_too_large}, 503 {@code memory_full}
   */
  byte[] readWhole(int bytesMax, long expected) throws IOException {
    requireFit(expected, bytesMax);
    maybeAsk();
    var pieces = new ArrayDeque<byte[]>();
    int bytes = 0;
    while (true) {
      byte[] piece;
      boolean changed;
      lock.lock();
      try {
        awaitBytes();
        if (held.isEmpty()) {
          break;
        }
        piece = removeFirst();
        changed = maybeGoOn();
      } finally {
        lock.unlock();
      }
      if (changed) {
        flow.pauseChanged();
      }
      if (piece.length > bytesMax - bytes) {
        throw tooLarge("more than " + bytesMax + " bytes (expected: fewer)");
      }
      pieces.add(piece);
      bytes += piece.length;
    }
    if (pieces.size() > 1 && !memory.tryGrow(bytes)) { // the pieces and the whole, for a moment
      throw ProblemException.memoryFull();
    }
    var whole = joined(pieces, bytes);
    if (pieces.size() > 1) {
      pieces.clear();
      memory.shrink(bytes);
    }
    return whole;
  }

  /** Refuses early what would be refused late, before {@code 100 Continue} asks for it. */
  private void requireFit(long expected, int bytesMax) {
    if (expected > bytesMax) {
      throw tooLarge(expected + " bytes (expected: at most " + bytesMax + ")");
    }
    if (expected > FREE_BYTES && !memory.canGrow(Math.max(0, expected - memory.bytes()))) {
      throw ProblemException.memoryFull();
    }
  }

  private static ProblemException tooLarge(String what) {
    return new ProblemException(413, "body_too_large", "body: " + what);
  }

  private static byte[] joined(Queue<byte[]> pieces, int bytes) {
    if (pieces.size() == 1) {
      return pieces.element();
    }
    var whole = new byte[bytes];
    int at = 0;
    for (var piece : pieces) {
      System.arraycopy(piece, 0, whole, at, piece.length);
      at += piece.length;
    }
    return whole;
  }

  private void maybeAsk() {
    boolean ask;
    lock.lock();
    try {
      ask = !asked && !ended && held.isEmpty();
      asked |= ask;
    } finally {
      lock.unlock();
    }
    if (ask) {
      flow.wanted();
    }
  }

  // ---- Under the lock.

  private void take(ByteBuf content) {
    int bytes = content.readableBytes();
    int free = Math.min(bytes, freeBytes);
    if (bytes > free && !memory.tryGrow(bytes - free)) {
      refused = true;
      held.clear();
      heldBytes = 0;
      return;
    }
    freeBytes -= free;
    paidBytes += bytes - free;
    var piece = new byte[bytes];
    content.readBytes(piece);
    held.add(piece);
    heldBytes += bytes;
  }

  /** {@return the first piece, what is left of it} */
  private byte[] removeFirst() {
    var first = held.remove();
    heldBytes -= first.length;
    var rest = position == 0 ? first : Arrays.copyOfRange(first, position, first.length);
    position = 0;
    return rest;
  }

  /** Of a piece that was read and is not kept. */
  private void giveBack(int bytes) {
    long paid = Math.min(bytes, paidBytes);
    paidBytes -= paid;
    freeBytes += (int) (bytes - paid);
    memory.shrink(paid);
  }

  private boolean maybeGoOn() {
    boolean goOn = paused && heldBytes < HELD_MAX / 2;
    paused &= !goOn;
    return goOn;
  }

  private void awaitBytes() throws IOException {
    while (held.isEmpty() && !ended && !refused) {
      if (cut) {
        throw new IOException("body: cut by the sender before its end");
      }
      try {
        news.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("body: the wait for it was interrupted", e);
      }
    }
    if (refused) {
      throw ProblemException.memoryFull();
    }
  }
}
