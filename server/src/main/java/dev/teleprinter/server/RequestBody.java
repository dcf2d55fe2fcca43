// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;

/**
 * A request's body on its way from the event loop to the handler's thread: the loop feeds, the
 * handler reads and blocks. When more than {@link #HELD_MAX} bytes wait, the loop is asked to stop
 * reading the socket; when the handler has caught up, to go on.
 */
final class RequestBody extends InputStream {
  private static final int HELD_MAX = 256 << 10;

  private final Flow flow;

  // Guarded by this.
  private final ArrayDeque<byte[]> held = new ArrayDeque<>(0);
  private int heldBytes;
  private int position; // in the first of held
  private boolean ended;
  private boolean cut;
  private boolean paused;
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

    /** Whether the socket should be read. */
    void reading(boolean on);
  }

  /** {@return the body as it arrives} */
  InputStream asStream() {
    flow.open();
    return this;
  }

  /** Adds what arrived. Event loop. */
  void feed(ByteBuf content) {
    if (!content.isReadable()) {
      return;
    }
    var bytes = new byte[content.readableBytes()];
    content.readBytes(bytes);
    boolean pause;
    synchronized (this) {
      held.add(bytes);
      heldBytes += bytes.length;
      pause = heldBytes > HELD_MAX && !paused;
      paused |= pause;
      notifyAll();
    }
    if (pause) {
      flow.reading(false);
    }
  }

  /** The body is complete. Event loop. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** The sender left. Event loop. */
  synchronized void cut() {
    cut = !ended;
    notifyAll();
  }

  synchronized boolean isComplete() {
    return ended;
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
    boolean resume;
    int count;
    boolean ask;
    synchronized (this) {
      ask = !asked;
      asked = true;
    }
    if (ask) {
      flow.wanted();
    }
    synchronized (this) {
      awaitBytes();
      if (held.isEmpty()) {
        return -1;
      }
      var first = held.element();
      count = Math.min(length, first.length - position);
      System.arraycopy(first, position, into, offset, count);
      position += count;
      heldBytes -= count;
      if (position == first.length) {
        held.remove();
        position = 0;
      }
      resume = paused && heldBytes < HELD_MAX / 2;
      paused &= !resume;
    }
    if (resume) {
      flow.reading(true);
    }
    return count;
  }

  private synchronized void awaitBytes() throws IOException {
    while (held.isEmpty() && !ended) {
      if (cut) {
        throw new IOException("body: cut by the sender before its end");
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("body: the wait for it was interrupted", e);
      }
    }
  }
}
