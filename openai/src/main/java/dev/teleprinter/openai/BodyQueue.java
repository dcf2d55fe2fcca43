// SPDX-License-Identifier: Apache-2.0
package dev.teleprinter.openai;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The body of an upstream's reply, read by blocking. Confined to its reader, except {@link #close}
 * and what the HTTP client calls.
 *
 * <p>Not the JDK's own {@code InputStream}: that one throws away what has arrived when the
 * connection then breaks, and these are words already said. Bounded: a few buffers are asked for
 * ahead, the rest stays with the upstream.
 */
final class BodyQueue implements BodySubscriber<BodyQueue> {
  private static final int AHEAD = 8;

  // Empty: the end.
  private final BlockingQueue<Optional<List<ByteBuffer>>> queue = new LinkedBlockingQueue<>();

  // Guarded by this.
  private @Nullable Subscription subscription;

  // Written by any thread, read by the reader.
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  // Confined to the reader.
  private final List<ByteBuffer> current = new ArrayList<>();
  private int at;
  private boolean ended;

  @Override
  public CompletionStage<BodyQueue> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Subscription newSubscription) {
    synchronized (this) {
      subscription = newSubscription;
    }
    if (closed) {
      newSubscription.cancel();
    } else {
      newSubscription.request(AHEAD);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    queue.add(Optional.of(buffers)); // at most AHEAD of them
  }

  @Override
  public void onError(Throwable cause) {
    failure = cause;
    queue.add(Optional.empty());
  }

  @Override
  public void onComplete() {
    queue.add(Optional.empty());
  }

  /**
   * The next bytes, the caller's until the next call; null at the end. Blocks.
   *
   * @throws IOException when the connection broke, after all that came before, or it was closed
   */
  @Nullable ByteBuffer next() throws IOException {
    while (true) {
      if (closed) {
        throw new IOException("closed");
      }
      if (ended) {
        return null;
      }
      if (at < current.size()) {
        return current.get(at++);
      }
      take();
    }
  }

  private void take() throws IOException {
    current.clear();
    at = 0;
    Optional<List<ByteBuffer>> buffers;
    try {
      buffers = queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (buffers.isPresent()) {
      current.addAll(buffers.get());
      request();
      return;
    }
    ended = true;
    var cause = failure;
    if (cause != null && !closed) {
      throw new IOException("broken", cause);
    }
  }

  private void request() {
    Subscription active;
    synchronized (this) {
      active = subscription;
    }
    if (active != null) {
      active.request(1);
    }
  }

  /** The whole body; null when it is longer than {@code bytesMax}. Blocks. */
  byte @Nullable [] readAll(int bytesMax) throws IOException {
    var all = new ByteArrayOutputStream();
    for (var bytes = next(); bytes != null; bytes = next()) {
      if (all.size() + bytes.remaining() > bytesMax) {
        return null;
      }
      var copy = new byte[bytes.remaining()];
      bytes.get(copy);
      all.writeBytes(copy);
    }
    return all.toByteArray();
  }

  /** Closes the connection, unless its body has ended, and wakes the reader. Any thread. */
  void close() {
    closed = true;
    Subscription active;
    synchronized (this) {
      active = subscription;
    }
    if (active != null) {
      active.cancel();
    }
    queue.add(Optional.empty());
  }
}
