// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.server;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One request to another server, and its reply: the head, then the body as it arrives. It is sent
 * once, a reply comes as it is (no redirect is followed, nothing is decompressed), and nobody
 * watches the time: whoever has waited too long aborts it. Confined to its caller, who blocks, so
 * on a virtual thread; {@link #abort} is for any thread, and a {@link Taker} is called by the loop.
 *
 * <p>It holds a connection until its reply has ended, which keeps the connection for the next
 * request where both sides allow it, or until it is aborted, which closes it.
 */
public final class OutboundCall {
  // What arrived and was not read yet. Beyond that, the socket is not read: the sender has to wait.
  private static final int UNREAD_MAX = 64 << 10;
  private static final int LENT_BYTES = 8 << 10;
  private static final int FIRST_BYTES = 1024;
  private static final byte[] NO_BODY = {};
  private static final FastThreadLocal<byte[]> LENT =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[LENT_BYTES];
        }
      };

  private final OutboundClient client;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();

  // Guarded by the lock. Written by the loop, read by the caller.
  private OutboundRequest request; // without its body from the reply's head on
  private @Nullable OutboundConnection connection;
  private @Nullable HttpResponse head;
  private @Nullable Taker taker;
  private byte[] unread = new byte[FIRST_BYTES];
  private int from;
  private int to;
  private boolean paused;
  private boolean ended;
  private boolean aborted;
  private boolean stale;
  private @Nullable IOException failure;

  OutboundCall(OutboundClient client, OutboundRequest request) {
    this.client = client;
    this.request = request;
  }

  /**
   * Sends the request and waits for the head of its reply.
   *
   * @throws IOException when there is none; {@link java.net.UnknownHostException}, {@link
   *     java.net.SocketTimeoutException} and {@link java.net.ConnectException} where no connection
   *     came about, {@link javax.net.ssl.SSLException} where it could not be made safe
   */
  public void send() throws IOException {
    do {
      client.connect(this);
    } while (!awaitHead());
  }

  /** Returns false when the connection was closed before anything was sent on it. */
  private boolean awaitHead() throws IOException {
    lock.lock();
    try {
      await(() -> head != null || stale);
      return head != null;
    } finally {
      lock.unlock();
    }
  }

  /** {@return the reply's status} */
  public int status() {
    return head().status().code();
  }

  /** {@return the reply's first header of that name, if it has one} */
  public @Nullable String header(String name) {
    return head().headers().get(name);
  }

  /** {@return the reply's headers, in their order} */
  public Iterable<Map.Entry<String, String>> headers() {
    return head().headers();
  }

  private HttpResponse head() {
    lock.lock();
    try {
      if (head == null) {
        throw new IllegalStateException("reply: read before it came");
      }
      return head;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads what of the body is there, or waits for it. Returns how many bytes, -1 at the end.
   *
   * @throws IOException when the connection broke, after all that came before, or was aborted
   */
  public int read(byte[] into) throws IOException {
    lock.lock();
    try {
      await(() -> from < to || ended);
      if (aborted) {
        throw new IOException("aborted");
      }
      int count = Math.min(into.length, to - from);
      System.arraycopy(unread, from, into, 0, count);
      from += count;
      if (paused && to - from < UNREAD_MAX / 2 && connection != null) {
        paused = false;
        connection.resume();
      }
      return count == 0 && ended ? -1 : count;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a body as it arrives, on the loop, instead of its caller's {@link #read}. */
  @FunctionalInterface
  public interface Taker {
    /**
     * Takes all of {@code [from, to)}, which it borrows until it returns. Must not block or throw.
     *
     * @return whether it takes what comes next too; if not, the caller goes on reading
     */
    boolean take(byte[] bytes, int from, int to);
  }

  /**
   * Has what arrives taken on the event loop, which need not wake the caller for it. Blocks until
   * the taker has enough, or the body ends or breaks: {@link #read} tells which. Returns at once
   * when there is something to read already.
   *
   * @throws IOException when it was interrupted
   */
  public void pour(Taker newTaker) throws IOException {
    lock.lock();
    try {
      if (from < to) {
        return;
      }
      taker = newTaker;
      await(() -> taker == null || ended || aborted || failure != null);
    } finally {
      taker = null; // under the lock: it is not at work any more
      lock.unlock();
    }
  }

  /** The whole body; null when it is longer than {@code bytesMax}. Blocks. Throws as above. */
  public byte @Nullable [] readAll(int bytesMax) throws IOException {
    var all = new ByteArrayOutputStream();
    var block = new byte[8192];
    for (int count = read(block); count >= 0; count = read(block)) {
      if (count > bytesMax - all.size()) {
        return null;
      }
      all.write(block, 0, count);
    }
    return all.toByteArray();
  }

  /** Closes the connection under whoever waits, unless the reply has ended. Any thread. */
  public void abort() {
    lock.lock();
    try {
      if (ended || aborted) {
        return;
      }
      aborted = true;
      if (connection != null) {
        connection.close();
      }
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the loop to tell that something is there. Holds the lock. */
  private void await(BooleanSupplier there) throws IOException {
    while (!there.getAsBoolean()) {
      if (aborted) {
        throw new IOException("aborted");
      }
      if (failure != null) {
        throw failure;
      }
      try {
        arrived.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  // ---- What its connection tells.

  OutboundRequest request() {
    lock.lock();
    try {
      return request;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the connection it is sent on, or tries to be: the last one counts.
   *
   * @throws IOException when it was aborted, and shall not be sent
   */
  void on(OutboundConnection newConnection) throws IOException {
    lock.lock();
    try {
      if (aborted) {
        newConnection.close();
        throw new IOException("aborted");
      }
      connection = newConnection;
      stale = false;
    } finally {
      lock.unlock();
    }
  }

  /** The connection was closed before anything was sent on it. On the loop. */
  void onStale() {
    lock.lock();
    try {
      stale = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The reply's head is there. On the loop. */
  void onHead(HttpResponse newHead) {
    lock.lock();
    try {
      head = newHead;
      request = request.with(NO_BODY);
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Some of its body is there, the next {@code count} bytes. Returns whether it is time to read no
   * more. On the loop.
   */
  boolean onBytes(ByteBuf bytes, int count) {
    lock.lock();
    try {
      int left = taker == null || aborted ? count : pour(bytes, count, taker);
      if (left > 0) {
        makeRoom(left);
        bytes.readBytes(unread, to, left);
        to += left;
        paused = to - from > UNREAD_MAX;
        arrived.signal();
      }
      return paused;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing is unread. The bytes go by an array that all calls on this loop use: it is warm.
   * Returns how many were not taken.
   */
  private int pour(ByteBuf bytes, int count, Taker into) {
    byte[] lent = LENT.get();
    boolean more = true;
    int left = count;
    while (more && left > 0) {
      int part = Math.min(left, lent.length);
      bytes.readBytes(lent, 0, part);
      more = into.take(lent, 0, part);
      left -= part;
    }
    if (!more) {
      taker = null;
      arrived.signal();
    }
    return left;
  }

  private void makeRoom(int bytes) {
    if (from == to) {
      from = 0;
      to = 0;
    }
    if (bytes > unread.length - to) {
      int left = to - from;
      int length = Math.max(unread.length, Integer.highestOneBit(left + bytes) * 2);
      var room = length > unread.length ? new byte[length] : unread;
      System.arraycopy(unread, from, room, 0, left);
      unread = room;
      from = 0;
      to = left;
    }
  }

  /** That was the whole reply. On the loop. */
  void onEnd() {
    lock.lock();
    try {
      ended = true;
      connection = null;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The connection is gone before the reply has ended. On the loop. */
  void onFailure(IOException cause) {
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
      }
      connection = null;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }
}
