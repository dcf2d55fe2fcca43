// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the event loop to the handler's thread: the loop feeds, the
 * handler reads and blocks. When more than {@link #HELD_MAX} bytes wait, the loop is asked to stop
 * reading the socket; when the handler has caught up, to go on.
 *
 * <p>A lock and not a monitor: who waits on a monitor is woken by way of a further thread.
 */
final class RequestBody extends InputStream {
  private static final int HELD_MAX = 256 << 10;

  private final Flow flow;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  // Written under the lock, read by the loop.
  private volatile boolean paused;

  // Guarded by lock.
  private final ArrayDeque<byte[]> held = new ArrayDeque<>(0);
  private int heldBytes;
  private int position; // in the first of held
  private boolean ended;
  private boolean cut;
  private boolean asked;

  RequestBody(Flow flow) {
    this.flow = flow;
  }

  /** The loop's side. Called from the handler's thread; must not block. */
  interface Flow {
    /** The handler wants the body: time for {@code 100 Continue}, RFC 9110 10.1.1. */
    void wanted();

    /** The handler takes the body as it comes: a pause in it is no fault. */
    void open();

    /** {@link RequestBody#isPaused} may say something else than before. */
    void readingChanged();
  }

  /** {@return the body as it arrives} */
  InputStream asStream() {
    flow.open();
    return this;
  }

  /**
   * Whether so much waits that the socket should not be read. A state and not a command: the loop
   * asks for it after each piece and whenever {@link Flow#readingChanged} says so, so that an old
   * answer cannot overtake a newer one.
   */
  boolean isPaused() {
    return paused;
  }

  /** Adds what arrived. Event loop. */
  void feed(ByteBuf content) {
    if (!content.isReadable()) {
      return;
    }
    var bytes = new byte[content.readableBytes()];
    content.readBytes(bytes);
    lock.lock();
    try {
      held.add(bytes);
      heldBytes += bytes.length;
      paused |= heldBytes > HELD_MAX;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The body is complete. Event loop. */
  void end() {
    lock.lock();
    try {
      ended = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The sender left. Event loop. */
  void cut() {
    lock.lock();
    try {
      cut = !ended;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

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
    boolean resume;
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
      take(count);
      resume = hasCaughtUp();
    } finally {
      lock.unlock();
    }
    if (resume) {
      flow.readingChanged();
    }
    return count;
  }

  /**
   * The whole body if it has come to its end, none of it was read, and it is no longer than that.
   */
  byte @Nullable [] tryWhole(int bytesMax) {
    lock.lock();
    try {
      if (!ended || position > 0 || heldBytes > bytesMax) {
        return null;
      }
      if (held.size() == 1) {
        heldBytes = 0;
        return held.remove();
      }
      var whole = new byte[heldBytes];
      int at = 0;
      for (var piece = held.poll(); piece != null; piece = held.poll()) {
        System.arraycopy(piece, 0, whole, at, piece.length);
        at += piece.length;
      }
      heldBytes = 0;
      return whole;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The rest of the body at once. Blocks. A body that came in one piece is that piece.
   *
   * @throws ProblemException 413 {@code body_too_large}
   */
  byte[] readWhole(int bytesMax) throws IOException {
    maybeAsk();
    var whole = new ByteArrayOutputStream(0);
    while (true) {
      byte[] piece;
      boolean resume;
      lock.lock();
      try {
        awaitBytes();
        if (held.isEmpty()) {
          return whole.toByteArray();
        }
        var first = held.element();
        piece = position == 0 ? first : Arrays.copyOfRange(first, position, first.length);
        take(piece.length);
        if (ended && held.isEmpty() && whole.size() == 0 && piece.length <= bytesMax) {
          return piece;
        }
        resume = hasCaughtUp();
      } finally {
        lock.unlock();
      }
      if (resume) {
        flow.readingChanged();
      }
      if (piece.length > bytesMax - whole.size()) {
        throw new ProblemException(
            413, "body_too_large", "body: more than " + bytesMax + " bytes (expected: fewer)");
      }
      whole.writeBytes(piece);
    }
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

  private void take(int count) {
    position += count;
    heldBytes -= count;
    if (position == held.element().length) {
      held.remove();
      position = 0;
    }
  }

  private boolean hasCaughtUp() {
    boolean resume = paused && heldBytes < HELD_MAX / 2;
    if (resume) {
      paused = false;
    }
    return resume;
  }

  private void awaitBytes() throws IOException {
    while (held.isEmpty() && !ended) {
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
  }
}
